import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { argonBounds } from '@adiuva/shared/contracts/backup.ts';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom, type Random } from '@adiuva/shared/kit/ids.ts';
import { jsonLog, silentLog, type Log } from '@adiuva/shared/kit/log.ts';
import type { CoreApi } from '@adiuva/desktop/bridge/procedures.ts';
import type { BackupTarget } from '@adiuva/desktop/bridge/shapes.ts';
import { createCore, type Core } from '@adiuva/desktop/core/core.ts';
import type { Host } from '@adiuva/desktop/core/host.ts';
import type { Parts } from '@adiuva/desktop/core/parts.ts';
import { openVault, type Vault } from '@adiuva/desktop/core/store/vault.ts';
import { filesUnder } from './leaks.ts';
import { ownFolder } from './processes.ts';

/** Devices and places for the tests of backups: cheap to open, and looked at byte by byte from outside. */

export const passphrase = 'a passphrase for tests';
export const account = { email: 'marta@example.org', password: 'correct horse battery' } as const;
export const soak = process.env['ADIUVA_SOAK'] === '1';
export const seed = Number(process.env['ADIUVA_SEED'] ?? 20_261_121);
/** The least that a slot may cost. */
export const cheap = { timeCost: argonBounds.timeCost.min, memoryKiB: argonBounds.memoryKiB.min, parallelism: 1 };

/** Waits between tries pass a thousand times as fast; limits of time stay. */
export const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal) };

export const cheaply: typeof openVault = (options) => openVault({ ...options, slotCost: cheap });

export interface BackupHome {
  readonly core: Core;
  readonly api: CoreApi;
  readonly dataDir: string;
  readonly lines: string[];
  /** The logical digest of the open store, as `doctor` prints it, without its checks. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

export interface BackupHomeOptions {
  readonly dataDir?: string;
  readonly cloudUrl?: string;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly parts?: Partial<Parts>;
}

/** A core over a folder, locked or without a vault. Automatic backups are off: only the test makes any. */
export async function openHome(options: BackupHomeOptions = {}): Promise<BackupHome> {
  const own = options.dataDir === undefined ? ownFolder('backup-home') : null;
  const dataDir = options.dataDir ?? own!.folder;
  const lines: string[] = [];
  const host: Host = {
    name: 'cli',
    dataDir,
    cloudUrl: options.cloudUrl ?? 'http://127.0.0.1:9',
    version: '0.1.0',
    deviceName: 'test device',
    timeZone: 'Europe/Rome',
    locale: 'en-GB',
    clock: options.clock ?? hurried,
    random: options.random ?? systemRandom,
    log: options.log ?? jsonLog((line) => void lines.push(line), systemClock.now, 'debug'),
    fetch: options.fetch ?? fetch,
    secrets: null,
    notify: () => undefined,
    openExternal: async () => undefined,
  };
  const opening = options.parts?.openVault ?? cheaply;
  let vault: Vault | null = null;
  const core = await createCore(host, { checkAnswers: true, ...options.parts, openVault: (given) => (vault = opening(given)) });
  return {
    core,
    digest: () => vault!.store().digest(),
    api: core.api,
    dataDir,
    lines,
    async close() {
      await core.close();
      own?.remove();
    },
  };
}

export async function newHome(options: BackupHomeOptions = {}): Promise<BackupHome & { readonly words: string }> {
  const home = await openHome(options);
  const { recoveryPhrase } = await home.api['vault.create']({ passphrase });
  return { ...home, words: recoveryPhrase };
}

export async function unlocked(options: BackupHomeOptions & { readonly dataDir: string }): Promise<BackupHome> {
  const home = await openHome(options);
  await home.api['vault.unlock']({ with: 'passphrase', passphrase });
  return home;
}

/** Adds notes whose text nobody can shorten. @returns their ids */
export async function fill({ api }: Pick<BackupHome, 'api'>, count: number, bytes = 400, from: Random = systemRandom): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const body = Buffer.from(from(bytes)).toString('base64');
    const { record } = await api['records.add']({ type: 'note', fields: { title: `Harbour note ${index}`, body } });
    ids.push(record!.id);
  }
  return ids;
}

export const digestOf = ({ digest }: Pick<BackupHome, 'digest'>): Promise<string> => digest();

export const folderAt = (path: string): BackupTarget & { kind: 'folder' } => ({ kind: 'folder', path });
export const inCloud: BackupTarget = { kind: 'cloud' };

/** The code an act fails with, `nothing` where it does not. What is no error of ours shows as itself. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing',
    (error: { code?: string }) => String(error.code ?? error),
  );

/** Files of locks and of shared memory: they hold nothing that lasts. */
const passing = /(-shm|\.lock)$/;

/** Every file below a folder by the hash of its bytes. */
export function fingerprint(folder: string, but: RegExp = passing): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    [...filesUnder(folder)]
      .toSorted()
      .filter((file) => !but.test(relative(folder, file)))
      .map((file) => [relative(folder, file), createHash('sha256').update(readFileSync(file)).digest('base64')]),
  );
}

export const bytesUnder = (folder: string): number => [...filesUnder(folder)].reduce((sum, file) => sum + statSync(file).size, 0);

/** Names in a data folder that no settled vault has. */
export const strangers = (dataDir: string): string[] =>
  readdirSync(dataDir).filter((name) => !/^(backups|kept|store\.db(-wal|-shm|-pages)?|vault(\.copy)?\.json|vault\.(restore\.|backup\.)?lock|logs)$/.test(name));

/** Draws by a seed: whole numbers below `count`. */
export function drawing(start: number): (count: number) => number {
  const random = seededRandom(start);
  return (count) => ((new DataView(random(4).slice().buffer).getUint32(0) / 2 ** 32) * count) | 0;
}

export const quietLog = silentLog;
