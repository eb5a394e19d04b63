import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errors } from '../../shared/src/contracts/errors.ts';

const page = new URL('../../docs/errors.md', import.meta.url);

/** The table of `docs/errors.md` as it must be. */
export function errorsTable(): string {
  const rows = Object.entries(errors).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.retry ? 'yes' : 'no'} | ${row.exit} | ${row.title} | ${row.hint} |`,
  );
  return ['| code | status | retry | exit | title | next step |', '|---|---|---|---|---|---|', ...rows, ''].join('\n');
}

/** Everything before the table. */
export const errorsIntro = (): string => readFileSync(page, 'utf8').split('| code |')[0]!;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, errorsIntro() + errorsTable());
