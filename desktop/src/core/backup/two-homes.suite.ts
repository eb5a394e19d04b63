import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { manualClock, type ManualClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { CoreApi } from '../../bridge/procedures.ts';
import type { BackupTarget } from '../../bridge/shapes.ts';
import { createCore, type Core } from '../core.ts';
import type { Host } from '../host.ts';
import type { Parts } from '../parts.ts';
import { openVault } from '../store/vault.ts';
import { cheap } from './backup-world.suite.ts';

/** Devices with a core each, for tests of backups from end to end. */

export const passphrase = 'a passphrase for tests';

export interface Home {
  readonly core: Core;
  readonly api: CoreApi;
  readonly clock: ManualClock;
  readonly dataDir: string;
  readonly events: BridgeEvent[];
  readonly lines: string[];
}

export function folder(name = 'adiuva-home-'): string {
  const made = mkdtempSync(join(tmpdir(), name));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A place for backups that nobody has used. */
export const place = (): BackupTarget & { kind: 'folder' } => ({ kind: 'folder', path: join(folder('adiuva-place-'), 'backups') });

export interface HomeOptions {
  readonly dataDir?: string;
  readonly clock?: ManualClock;
  readonly name?: Host['name'];
  readonly parts?: Partial<Parts>;
  readonly host?: Partial<Host>;
}

/** A core over a folder of its own, without a vault. Its cloud is an address where nobody answers. */
export async function home(options: HomeOptions = {}): Promise<Home> {
  const dataDir = options.dataDir ?? folder();
  const clock = options.clock ?? manualClock();
  const lines: string[] = [];
  const host: Host = {
    name: options.name ?? 'web',
    dataDir,
    cloudUrl: 'http://127.0.0.1:9',
    version: '1.2.3',
    deviceName: 'test',
    timeZone: 'Europe/Berlin',
    locale: 'en',
    clock,
    random: systemRandom,
    log: jsonLog((line) => void lines.push(line), clock.now, 'debug'),
    fetch: () => Promise.reject(new TypeError('fetch failed')),
    secrets: null,
    notify: () => undefined,
    openExternal: async () => undefined,
    ...options.host,
  };
  const core = await createCore(host, { checkAnswers: true, openVault: (given) => openVault({ ...given, slotCost: cheap }), ...options.parts });
  const events: BridgeEvent[] = [];
  core.subscribe((event) => void events.push(event));
  onTestFinished(() => core.close());
  return { core, api: core.api, clock, dataDir, events, lines };
}

/** A home with a vault. */
export async function livedIn(options: HomeOptions = {}): Promise<Home & { readonly words: string }> {
  const made = await home(options);
  const { recoveryPhrase } = await made.api['vault.create']({ passphrase });
  return { ...made, words: recoveryPhrase };
}

/** @returns ids of new notes with some text */
export async function fill({ api }: Pick<Home, 'api'>, count: number, more = 'text'): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const { record } = await api['records.add']({
      type: 'note',
      fields: { title: `Note ${index} ${more}`, body: `${more} `.repeat(200) + systemRandom(8).join(' ') },
    });
    ids.push(record!.id);
  }
  return ids;
}

export const digestOf = async ({ api }: Pick<Home, 'api'>): Promise<string> => (await api['doctor.run'](undefined)).digest;
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: { code?: string }) => String(error.code ?? error),
  );
