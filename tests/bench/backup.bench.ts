import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assemble } from '@adiuva/desktop/core/backup/assemble.ts';
import { folderTarget } from '@adiuva/desktop/core/backup/folder.ts';
import { keysOfOwn, ownOf } from '@adiuva/desktop/core/backup/own.ts';
import { createProgress } from '@adiuva/desktop/core/backup/progress.ts';
import { find, openBackup } from '@adiuva/desktop/core/backup/read.ts';
import { createCore, type Core } from '@adiuva/desktop/core/core.ts';
import type { Host } from '@adiuva/desktop/core/host.ts';
import { journeyapps } from '@adiuva/desktop/core/store/engine-journeyapps.ts';
import type { Connection, RawKey } from '@adiuva/desktop/core/store/engine.ts';
import { openVault } from '@adiuva/desktop/core/store/vault.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { bytesUnder, installed, peer, spend, type Peer, type Spent } from './backup-peers.ts';
import { changes, fill, type Change } from './backup-workload.ts';
import { median, report, say, type Line } from './measure.ts';

/**
 * Backups beside restic and borg on the same file, in turns within one run. *Whole process* is the command line as a user starts it, its key derivation
 * included; *in the app* is the call of a core that is open, in this process. `ROUNDS` (3) and `MB` (996, which makes a file of 1.24 GB) change the size,
 * `CLOUD=0` leaves the cloud out.
 */
const rounds = Number(process.env['ROUNDS'] ?? 3);
const size = Number(process.env['MB'] ?? 996) * 1_048_576;
const withCloud = process.env['CLOUD'] !== '0';
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adiuva-backup-bench-'));
const home = join(folder, 'home');
const store = join(home, 'store.db');
const passphrase = 'four quiet words here';
const engine = await journeyapps();
let rawKey: RawKey | undefined;
const samples: Record<string, number[]> = {};

function note(name: string, value: number): number {
  (samples[name] ??= []).push(value);
  return value;
}

const host = (cloudUrl: string): Host => ({
  name: 'cli',
  dataDir: home,
  cloudUrl,
  version: '0',
  deviceName: 'bench',
  timeZone: 'Europe/Berlin',
  locale: 'en',
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  fetch,
  secrets: null,
  notify: () => {},
  openExternal: async () => {},
});

const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  TMPDIR: tmpdir(),
  ADIUVA_HOME: home,
  ADIUVA_PASSPHRASE: passphrase,
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  ...more,
});

const cli = (args: readonly string[], env = environment()): Promise<Spent> =>
  spend(process.execPath, [join(root, 'desktop/dist/cli/cli.mjs'), ...args, '--json'], { env });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

/** A vault whose store holds the workload. @returns the key of its file */
async function prepare(): Promise<RawKey> {
  const vault = openVault({ dataDir: home, clock: systemClock, random: systemRandom, log: silentLog, secrets: null });
  const core = await createCore(host('http://127.0.0.1:9'));
  await core.api['vault.create']({ passphrase });
  await core.close();
  const open = await vault.unlock({ with: 'passphrase', passphrase });
  const key = open.dataKey();
  const raw = { key: Uint8Array.from(key.key), salt: Uint8Array.from(key.salt) };
  await vault.lock();
  await writing(raw, async (connection) => {
    await connection.exec('pragma synchronous = off; pragma cache_size = -200000');
    await fill(connection, size);
    await connection.all('pragma wal_checkpoint(truncate)');
  });
  return raw;
}

async function writing(key: RawKey, work: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = await engine.open(store, { key, mode: 'write' });
  try {
    await connection.exec('pragma wal_autocheckpoint = 0; pragma temp_store = memory');
    await work(connection);
  } finally {
    await connection.close();
  }
}

async function unlocked(cloudUrl = 'http://127.0.0.1:9'): Promise<Core> {
  const core = await createCore(host(cloudUrl));
  await core.api['vault.unlock']({ with: 'passphrase', passphrase });
  return core;
}

async function sameBytes(a: string, b: string): Promise<boolean> {
  const [one, two] = await Promise.all([open(a), open(b)]);
  try {
    const buffers = [Buffer.alloc(4 * 1024 * 1024), Buffer.alloc(4 * 1024 * 1024)] as const;
    for (let at = 0; ;) {
      const [x, y] = await Promise.all([one.read(buffers[0], 0, buffers[0].length, at), two.read(buffers[1], 0, buffers[1].length, at)]);
      if (x.bytesRead !== y.bytesRead || !buffers[0].subarray(0, x.bytesRead).equals(buffers[1].subarray(0, y.bytesRead))) return false;
      if (x.bytesRead === 0) return true;
      at += x.bytesRead;
    }
  } finally {
    await one.close();
    await two.close();
  }
}

/** Milliseconds that the loop was late while `work` ran, and MB that the process grew. */
async function watched(work: () => Promise<unknown>): Promise<{ max: number; p99: number; grown: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  clearInterval(looking);
  return { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6, grown: (most - before) / 1_048_576 };
}

const in_ = (...parts: string[]) => join(folder, ...parts);

/** Everything of one round but the cloud. */
async function round(at: number, key: RawKey): Promise<void> {
  const peers = (['borg', 'restic'] as const).filter(installed).map((name) => peer(name, in_(`${at}-${name}`)));
  const whole = in_(`${at}-whole`);
  const inApp = in_(`${at}-app`);
  for (const each of peers) await each.init();

  const full = await cli(['backup', 'create', '--to', whole]);
  note('full', full.wall);
  note('full cpu', full.cpu);
  await besides(peers, 'full', at);

  let core = await unlocked();
  const target = { kind: 'folder', path: inApp } as const;
  const idle = await watched(() => pause(1_500));
  const busy = await watched(async () => note('full app', await timed(() => core.api['backup.create']({ target, full: false }))));
  note('loop max', busy.max);
  note('loop p99 over idle', busy.p99 - idle.p99);
  note('grown', busy.grown);

  for (const [index, change] of (Object.keys(changes) as Change[]).entries()) {
    await writing(key, (connection) => changes[change](connection, at * 100 + index));
    note(`${change} app`, await timed(async () => note(`${change} bytes`, (await core.api['backup.create']({ target, full: false })).bytes)));
    await core.close();
    note(change, (await cli(['backup', 'create', '--to', whole])).wall);
    await besides(peers, change, at);
    core = await unlocked();
  }

  // Whoever changed the file without telling: the tracker cannot know.
  await writing(key, (connection) => changes.thousand(connection, at * 100 + 50));
  await core.close();
  rmSync(join(home, 'store.db-pages'), { force: true });
  note('lost', (await cli(['backup', 'create', '--to', whole])).wall);
  await besides(peers, 'lost', at);

  note('verify', (await cli(['backup', 'verify', '--from', whole, '--full'])).wall);
  for (const each of peers) note(`verify ${each.name}`, (await each.verify()).wall);
  await restores(at, key, inApp, peers);
  for (const path of [whole, inApp, ...peers.map(({ name }) => in_(`${at}-${name}`))]) rmSync(path, { recursive: true, force: true });
}

async function besides(peers: readonly Peer[], label: string, at: number): Promise<void> {
  for (const each of peers) {
    const spent = await each.backup(store, `${label}${at}`);
    note(`${label} ${each.name}`, spent.wall);
    note(`${label} cpu ${each.name}`, spent.cpu);
    note(`${label} bytes ${each.name}`, spent.bytes);
  }
}

/** Base and ten increments back into a file, which must be the store's, byte for byte. */
async function restores(at: number, key: RawKey, inApp: string, peers: readonly Peer[]): Promise<void> {
  const target = { kind: 'folder', path: inApp } as const;
  const core = await unlocked();
  for (let more = 0; more < 7; more++) {
    await writing(key, (connection) => changes.thousand(connection, at * 1_000 + more));
    await core.api['backup.create']({ target, full: false });
  }
  const restored = in_('restored.db');
  note('prepare app', await timed(() => core.api['backup.prepare']({ target })));
  await core.api['backup.discard'](undefined);
  await core.close();
  await besides(peers, 'last', at);
  const vault = openVault({ dataDir: home, clock: systemClock, random: systemRandom, log: silentLog, secrets: null });
  const from = folderTarget({ path: inApp, clock: systemClock, random: systemRandom });
  const keys = keysOfOwn(await ownOf(await vault.unlock({ with: 'passphrase', passphrase })));
  await vault.lock();
  const progress = createProgress(systemClock, () => {}, 'restore', target);
  const signal = new AbortController().signal;
  const deltas = await timed(async () => {
    const backup = await openBackup(from, keys, await find(from, undefined));
    if (backup.manifest.deltas.length < 10) say(`only ${backup.manifest.deltas.length} increments`);
    await assemble({ target: from, keys, progress, signal }, backup, restored, key);
  });
  note('restore', deltas);
  if (!(await sameBytes(restored, store))) throw new Error('the restored file is not the store');
  rmSync(restored);
  for (const each of peers) {
    note(`restore ${each.name}`, (await each.restore(`last${at}`, in_('out'))).wall);
    rmSync(in_('out'), { recursive: true, force: true });
  }
}

/** A cloud on its embedded defaults, as a process of its own. */
async function startCloud(): Promise<{ url: string; child: ChildProcess }> {
  const env = environment({ ADIUVA_HOME: in_('cloud'), ADIUVA_CLOUD_PORT: '0', ADIUVA_DEFAULT_TIER: 'team', LOG_LEVEL: 'error' });
  const child = spawn(process.execPath, [join(root, 'cloud/dist/main.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((ok, no) => {
    child.once('exit', (code) => no(new Error(`the cloud ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /cloud ready (\S+)/.exec(line);
      if (found) ok(found[1]!);
    });
  });
  return { url, child };
}

/** The same full backup to a folder and to a cloud on this machine, each new. */
async function cloudRounds(): Promise<void> {
  const { url, child } = await startCloud();
  try {
    for (let at = 0; at < rounds; at++) {
      const core = await unlocked(url);
      await core.api['account.register']({ email: `bench${at}@example.org`, password: 'correct horse battery' });
      await core.close();
      const local = in_(`beside-${at}`);
      note('cloud beside', (await cli(['backup', 'create', '--to', local])).wall);
      note('cloud', (await cli(['backup', 'create'], environment({ ADIUVA_CLOUD_URL: url }))).wall);
      rmSync(local, { recursive: true, force: true });
    }
  } finally {
    const ended = new Promise((ok) => child.once('close', ok));
    child.kill('SIGTERM');
    await ended;
  }
}

const has = (name: string) => samples[name] !== undefined;
const of = (name: string) => median(samples[name]!);

function line(what: string, unit: string, product: string, beside: string | null, goal: number | null): Line[] {
  if (!has(product) || (beside !== null && !has(beside))) return [];
  const name = beside?.split(' ').at(-1) ?? '';
  return [{ what, unit, product: of(product), peer: beside === null ? null : { name, value: of(beside) }, goal }];
}

function lines(): Line[] {
  return [
    ...line('B1 full, whole process', 's', 'full', 'full borg', 0.5),
    ...line('B1 full, whole process', 's', 'full', 'full restic', 0.38),
    ...line('B1 full, processor time', 's', 'full cpu', 'full cpu borg', 0.75),
    ...line('B1 full, in the app', 's', 'full app', null, null),
    ...line('B2 one row, in the app', 's', 'one app', 'one borg', 0.03),
    ...line('B2 one row, whole process', 's', 'one', 'one borg', 0.15),
    ...line('B2 one row, bytes', 'B', 'one bytes', null, 16_384),
    ...line('B3 1,000 rows, in the app', 's', 'thousand app', 'thousand borg', 0.03),
    ...line('B3 1,000 rows, whole process', 's', 'thousand', 'thousand borg', 0.12),
    ...line('B3 1,000 rows, bytes', 'B', 'thousand bytes', 'thousand bytes borg', 0.015),
    ...line('B4 +1 % rows, in the app', 's', 'append app', 'append borg', 0.05),
    ...line('B4 +1 % rows, whole process', 's', 'append', 'append borg', 0.16),
    ...line('B4 +1 % rows, bytes', 'B', 'append bytes', 'append bytes restic', 0.6),
    ...line('B5 tracking lost, whole process', 's', 'lost', 'lost borg', 0.25),
    ...line('B6 verify every byte, whole process', 's', 'verify', 'verify restic', 0.25),
    ...line('B7 base and 10 increments, byte-identical, in the app', 's', 'restore', 'restore restic', 0.55),
    ...line('B7 the same with every check of a restore', 's', 'prepare app', 'restore restic', null),
    ...line('B8 event loop, longest', 'ms', 'loop max', null, 25),
    ...line('B8 event loop, p99 over idle', 'ms', 'loop p99 over idle', null, 5),
    ...line('B8 memory added', 'MB', 'grown', null, 120),
    ...line('B9 full to the cloud on loopback', 's', 'cloud', 'cloud beside', 1.4),
  ];
}

for (const name of ['borg', 'restic'] as const) if (!installed(name)) say(`${name} is not installed: its lines are left out`);
try {
  say(`made in ${(await timed(async () => void (rawKey = await prepare()))).toFixed(0)} s`);
  say(`store of ${(statSync(store).size / 1e9).toFixed(2)} GB`);
  for (let at = 0; at < rounds; at++) await round(at, rawKey!);
  if (withCloud) await cloudRounds();
  report('backup', lines(), samples);
  say(`${bytesUnder(home)} bytes in the data folder`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
