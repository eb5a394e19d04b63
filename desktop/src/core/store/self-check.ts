import type { Database } from './database.ts';
import type { Engine } from './engine.ts';
import type { HeldFile } from './held-file.ts';
import { wrongPragmas } from './pragmas.ts';
import type { Check } from './store.ts';

export interface SelfCheckParts {
  readonly engine: Engine;
  readonly database: Database;
  readonly dataDir: string;
  /** The store's file, held. */
  readonly file: HeldFile;
}

/** One check: a sentence on what was found; a throw is a failure. */
type Finding = (parts: SelfCheckParts) => Promise<{ ok: boolean; detail: string }>;

const findings: readonly (readonly [name: string, find: Finding])[] = [
  [
    'store settings',
    async ({ database }) => {
      const wrong = await database.alone((connection) => wrongPragmas(connection));
      return { ok: wrong.length === 0, detail: wrong.join(', ') || 'every setting is as it should be' };
    },
  ],
];

export async function selfCheck(parts: SelfCheckParts): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [name, find] of findings) checks.push({ name, ...(await find(parts).catch((error: unknown) => ({ ok: false, detail: String(error) }))) });
  return checks;
}
