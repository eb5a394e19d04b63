import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createCore } from '@adiuva/desktop/core/core.ts';
import type { Host } from '@adiuva/desktop/core/host.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { inTurns, median, report, say, type Line } from './measure.ts';

/**
 * How long everything takes to be there. Every figure is a whole process, from its making to its end or its first answer, product and peers in turn. What is
 * compiled once and kept (`NODE_COMPILE_CACHE`, as `npm start` sets it) is kept for both sides and warmed by the first round, which does not count. Argon2id is left out of C1 on purpose, because its
 * cost is chosen: the vault is opened by its `os` slot with a key store that seals nothing. `ROUNDS` (9) and `PGLITE_ROUNDS` (5)
 * change the size; `PARTS` (core, cloud, pglite, programs) names what is measured.
 */
const rounds = Number(process.env['ROUNDS'] ?? 9);
const pgliteRounds = Number(process.env['PGLITE_ROUNDS'] ?? 5);
const root = fileURLToPath(new URL('../../', import.meta.url));
const at = (...parts: string[]) => path.join(root, ...parts);
const folder = mkdtempSync(path.join(tmpdir(), 'adiuva-startup-'));
const inFolder = (...parts: string[]) => path.join(folder, ...parts);
const children = new Set<ChildProcess>();

/** Of one process: milliseconds, and the most memory it had at any time. */
interface Run {
  readonly ms: number;
  readonly mb: number;
  readonly cpuMs: number;
}

function environment(own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (/^(ADIUVA_|OPENAI_|S3_|DATABASE_URL|REDIS_URL|JWT_|LOG_LEVEL|NODE_ENV|NODE_OPTIONS)/.test(name)) delete env[name];
  return { ...env, NODE_COMPILE_CACHE: inFolder('compiled'), ...own };
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = environment()): ChildProcess {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('close', resolve));

async function stop(child: ChildProcess): Promise<void> {
  const end = ended(child);
  child.kill('SIGTERM');
  await end;
}

/** Runs a script to its end; its last line says what it used. */
async function whole(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Run> {
  const from = performance.now();
  const child = start(process.execPath, args, env);
  const end = ended(child);
  let last = '';
  createInterface({ input: child.stdout! }).on('line', (line) => (last = line));
  const code = await end;
  const ms = performance.now() - from;
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  const used = last.startsWith('{"mb"') ? (JSON.parse(last) as Omit<Run, 'ms'>) : { mb: 0, cpuMs: 0 };
  return { ms, ...used };
}

/** What the scripts print at their end. */
const printUsage = `const used = process.resourceUsage();
process.stdout.write(JSON.stringify({ mb: used.maxRSS / 1024, cpuMs: (used.userCPUTime + used.systemCPUTime) / 1000 }) + '\\n', () => process.exit(0));`;

function script(name: string, text: string): string {
  const file = inFolder(name);
  writeFileSync(file, `${text}\n${printUsage}\n`);
  return file;
}

const openSecrets = { backend: 'none', encrypt: async (plain: Uint8Array) => plain, decrypt: async (sealed: Uint8Array) => sealed };
const task = (index: number) => ({ title: `Call number ${index} about the invoice`, priority: 'high' });

/** A vault of 500 tasks that its `os` slot opens. */
async function prepareVault(dataDir: string): Promise<void> {
  const host: Host = {
    name: 'web',
    dataDir,
    cloudUrl: 'http://127.0.0.1:9',
    version: '0',
    deviceName: 'bench',
    timeZone: 'Europe/Berlin',
    locale: 'en',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    fetch: () => Promise.reject(new Error('there is no network here')),
    secrets: openSecrets,
    notify: () => {},
    openExternal: async () => {},
  };
  const core = await createCore(host);
  await core.api['vault.create']({ passphrase: 'four quiet words here' });
  await core.api['vault.setOsSlot']({ enabled: true });
  for (let i = 0; i < 500; i++) await core.api['records.add']({ type: 'task', fields: task(i) });
  await core.close();
}

/** Opens the core that the module holds, as a host does, and reads what the first screen shows. */
const coreScript = (module: string, dataDir: string) => `
const { createCore } = await import(${JSON.stringify(pathToFileURL(module).href)});
const after = (ms, fn) => { const timer = setTimeout(fn, ms); timer.unref(); return () => clearTimeout(timer); };
const quiet = () => {};
const core = await createCore({
  name: 'web', dataDir: ${JSON.stringify(dataDir)}, cloudUrl: 'http://127.0.0.1:9', version: '0', deviceName: 'bench', timeZone: 'Europe/Berlin', locale: 'en',
  clock: { now: Date.now, after, sleep: (ms) => new Promise((resolve) => after(ms, resolve)) },
  random: (size) => crypto.getRandomValues(new Uint8Array(size)), log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  fetch: () => Promise.reject(new Error('there is no network here')),
  secrets: { backend: 'none', encrypt: async (plain) => plain, decrypt: async (sealed) => sealed }, notify: quiet, openExternal: async () => {},
});
await core.api['vault.unlock']({ with: 'os' });
const { records } = await core.api['records.list']({ type: 'task', limit: 50 });
if (records.length !== 50) throw new Error('not fifty');`;

const key = `x'${'07'.repeat(32)}'`;
const desktop = createRequire(at('desktop/package.json'));

/** The same engine with a table of the same tasks. */
async function prepareBare(file: string): Promise<void> {
  interface Handle {
    exec(sql: string, done: (error: Error | null) => void): void;
    close(done: () => void): void;
  }
  const { Database } = desktop('@journeyapps/sqlcipher') as { Database: new (file: string) => Handle };
  const db = new Database(file);
  const rows = Array.from({ length: 500 }, (_, i) => `('r${i}', 'task', '${JSON.stringify(task(i))}', '2026-11-20T09:00:00.000Z')`);
  const sql = `pragma key = "${key}"; pragma journal_mode = wal; create table records (id text primary key, type text, body text, updated text); insert into records values ${rows.join()};`;
  await new Promise<void>((resolve, reject) => db.exec(sql, (error) => (error ? reject(error) : resolve())));
  await new Promise<void>((resolve) => db.close(resolve));
}

/** What most would begin with: the driver and drizzle, not bundled. */
const peerScript = (file: string) => `
import { createRequire } from 'node:module';
import { drizzle } from ${JSON.stringify(
  pathToFileURL(
    createRequire(at('cloud/package.json'))
      .resolve('drizzle-orm/sqlite-proxy')
      .replace(/\.cjs$/, '.js'),
  ).href,
)};
const { Database } = createRequire(${JSON.stringify(at('desktop/package.json'))})('@journeyapps/sqlcipher');
const file = new Database(${JSON.stringify(file)});
await new Promise((resolve, reject) => file.exec(${JSON.stringify(`pragma key = "${key}"; pragma journal_mode = wal; pragma cache_size = -65536`)}, (error) => (error ? reject(error) : resolve())));
const db = drizzle((sql, params) => new Promise((resolve, reject) => file.all(sql, params, (error, rows) => (error ? reject(error) : resolve({ rows: rows.map((row) => Object.values(row)) })))));
const rows = await db.all('select id, body, updated from records order by id desc limit 50');
if (rows.length !== 50) throw new Error('not fifty');`;

/** The bundles as they are shipped, in a place where nobody builds them anew meanwhile; packages are found as from where they came. */
function freezeBundles(): void {
  for (const workspace of ['cloud', 'desktop']) {
    cpSync(at(workspace, 'dist'), inFolder(workspace, 'dist'), { recursive: true });
    symlinkSync(at(workspace, 'node_modules'), inFolder(workspace, 'node_modules'));
  }
}

/** The chunk of the command line's bundle that holds the core. */
function bundledCore(): string {
  const name = readdirSync(inFolder('desktop/dist/cli')).find((file) => /^core-\w+\.mjs$/.test(file));
  if (!name) throw new Error('desktop/dist/cli has no core');
  return inFolder('desktop/dist/cli', name);
}

async function core(): Promise<{ lines: Line[]; samples: object }> {
  await prepareVault(inFolder('home'));
  await prepareBare(inFolder('bare.db'));
  const bundle = script('bundle.mjs', coreScript(bundledCore(), inFolder('home')));
  const source = script('source.mjs', coreScript(at('desktop/src/core/core.ts'), inFolder('home')));
  const peer = script('peer.mjs', peerScript(inFolder('bare.db')));
  const empty = script('empty.mjs', '');
  const samples = await inTurns(
    { bundle: () => whole([bundle]), source: () => whole([source]), drizzle: () => whole([peer]), node: () => whole([empty]) },
    rounds,
    2,
  );
  const of = (name: keyof typeof samples, what: keyof Run) => median(samples[name].map((run) => run[what]));
  const beside = (name: keyof typeof samples, label: string, what: keyof Run) => ({ name: label, value: of(name, what) });
  const lines: Line[] = [
    {
      what: 'C1 core start, store open, 50 rows',
      unit: 'ms',
      product: of('bundle', 'ms'),
      peer: beside('drizzle', 'driver + drizzle, unbundled', 'ms'),
      goal: 0.15,
    },
    { what: '   its memory', unit: 'MB', product: of('bundle', 'mb'), peer: beside('drizzle', 'driver + drizzle, unbundled', 'mb'), goal: 0.25 },
    { what: '   its processor time', unit: 'ms', product: of('bundle', 'cpuMs'), peer: beside('drizzle', 'driver + drizzle, unbundled', 'cpuMs'), goal: null },
    { what: '   the same core from source', unit: 'ms', product: of('bundle', 'ms'), peer: beside('source', 'source', 'ms'), goal: 0.15 },
    { what: '   its memory', unit: 'MB', product: of('bundle', 'mb'), peer: beside('source', 'source', 'mb'), goal: 0.25 },
    { what: '   an empty process', unit: 'ms', product: of('bundle', 'ms'), peer: beside('node', 'node alone (limit)', 'ms'), goal: null },
    { what: '   its memory', unit: 'MB', product: of('bundle', 'mb'), peer: beside('node', 'node alone (limit)', 'mb'), goal: null },
  ];
  return { lines, samples };
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Asks until something answers with 200; tries anew every other millisecond. */
function firstAnswer(url: string): Promise<void> {
  return new Promise((resolve) => {
    const ask = () => {
      const again = () => setTimeout(ask, 2);
      get(url, { agent: false }, (response) => {
        response.resume();
        if (response.statusCode === 200) resolve();
        else again();
      }).on('error', again);
    };
    ask();
  });
}

/** From the making of the process to its first answer. */
async function untilAnswer(args: (port: number) => string[], route: string, env: (port: number) => NodeJS.ProcessEnv): Promise<number> {
  const port = await freePort();
  const from = performance.now();
  const child = start(process.execPath, args(port), env(port));
  child.stdout!.resume();
  await firstAnswer(`http://127.0.0.1:${port}${route}`);
  const ms = performance.now() - from;
  await stop(child);
  return ms;
}

async function cloud(): Promise<{ lines: Line[]; samples: object }> {
  const bare = inFolder('http.mjs');
  writeFileSync(
    bare,
    "import { createServer } from 'node:http';\ncreateServer((_, response) => response.end('{}')).listen(Number(process.argv[2]), '127.0.0.1');\nprocess.on('SIGTERM', () => process.exit(0));\n",
  );
  const home = inFolder('cloud-home');
  mkdirSync(home);
  const env = (port: number) => environment({ ADIUVA_HOME: home, ADIUVA_CLOUD_PORT: String(port), LOG_LEVEL: 'warn' });
  const live = '/api/v1/health/live';
  const product = () => untilAnswer(() => ['--disable-warning=ExperimentalWarning', inFolder('cloud/dist/main.mjs')], live, env);
  const node = () =>
    untilAnswer(
      (port) => [bare, String(port)],
      '/',
      () => environment(),
    );
  const source = () => untilAnswer(() => ['--disable-warning=ExperimentalWarning', at('cloud/src/main.ts')], live, env);
  const samples = await inTurns({ product, node, source }, rounds, 2);
  const lines: Line[] = [
    {
      what: 'C2 cloud, process start to first 200',
      unit: 'ms',
      product: median(samples.product),
      peer: { name: 'node:http (limit)', value: median(samples.node) },
      goal: 2.3,
    },
    { what: '   the same from source', unit: 'ms', product: median(samples.product), peer: { name: 'source', value: median(samples.source) }, goal: null },
  ];
  return { lines, samples };
}

/** A database in a folder of its own, ready for a question; unpacked where there is a snapshot. */
const pgliteScript = `
const { openPglite } = await import(${JSON.stringify(pathToFileURL(at('cloud/src/adapters/db/pglite.ts')).href)});
const [dir, snapshot] = process.argv.slice(2);
const from = performance.now();
const db = await openPglite({ ...(dir !== '-' && { dir }), ...(snapshot && { snapshot }) });
await db.probe();
process.stdout.write('ready ' + (performance.now() - from) + '\\n');
await db.close();`;

async function pglite(): Promise<{ lines: Line[]; samples: object }> {
  const file = script('pglite.mjs', pgliteScript);
  let made = 0;
  const memory = '-';
  const open = async (dir: string, snapshot: string[]) => {
    if (dir !== memory) mkdirSync(dir, { recursive: true });
    const child = start(process.execPath, ['--disable-warning=ExperimentalWarning', file, dir, ...snapshot]);
    const end = ended(child);
    let ms = 0;
    createInterface({ input: child.stdout! }).on('line', (line) => void (line.startsWith('ready ') && (ms = Number(line.slice(6)))));
    if ((await end) !== 0 || ms === 0) throw new Error('PGlite did not start');
    return ms;
  };
  const fresh = () => inFolder('pglite', String(made++));
  const [packed, kept] = [inFolder('snapshot.tar.zst'), inFolder('pglite', 'kept')];
  // Makes the snapshot, and a database that is there already.
  await open(kept, [packed]);
  const samples = await inTurns(
    {
      memory: () => open(memory, [packed]),
      memoryFirst: () => open(memory, []),
      folder: () => open(fresh(), [packed]),
      folderFirst: () => open(fresh(), []),
      again: () => open(kept, []),
    },
    pgliteRounds,
    0,
  );
  const first = { name: 'first init', value: median(samples.folderFirst) };
  const lines: Line[] = [
    {
      what: 'C3 PGlite ready from the snapshot, in memory',
      unit: 'ms',
      product: median(samples.memory),
      peer: { name: 'first init', value: median(samples.memoryFirst) },
      goal: 0.2,
    },
    { what: '   in a new folder', unit: 'ms', product: median(samples.folder), peer: first, goal: 0.2 },
    { what: '   in a folder that is there', unit: 'ms', product: median(samples.again), peer: first, goal: 0.2 },
  ];
  return { lines, samples };
}

/** `npm start` until both halves said that they are ready. */
async function bothReady(): Promise<number> {
  const [cloudPort, home] = [await freePort(), inFolder('start')];
  const from = performance.now();
  const child = start('npm', ['start', '--', '--no-open'], environment({ ADIUVA_HOME: home, ADIUVA_CLOUD_PORT: String(cloudPort), ADIUVA_CLIENT_PORT: '0' }));
  const end = ended(child);
  const wanted = new Set(['cloud', 'client']);
  await new Promise<void>((resolve, reject) => {
    void end.then((code) => reject(new Error(`npm start ended with ${code}`)));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const name = /^(\w+) ready /.exec(line)?.[1];
      if (name && wanted.delete(name) && wanted.size === 0) resolve();
    });
  });
  const ms = performance.now() - from;
  child.kill('SIGTERM');
  await end;
  return ms;
}

async function programs(): Promise<{ lines: Line[]; samples: object }> {
  const command = ['understand', 'remind me to call Anna tomorrow at 9'];
  const bundled = async () => (await whole([inFolder('desktop/dist/cli/cli.mjs'), ...command])).ms;
  const launched = async () => {
    const from = performance.now();
    const child = start('npm', ['run', '--silent', 'adiuva', '--', ...command]);
    child.stdout!.resume();
    if ((await ended(child)) !== 0) throw new Error('adiuva understand failed');
    return performance.now() - from;
  };
  const empty = inFolder('nothing.mjs');
  writeFileSync(empty, '');
  const node = async () => (await whole([empty])).ms;
  const samples = await inTurns({ start: bothReady, bundled, launched, node }, pgliteRounds, 1);
  const limit = { name: 'node alone', value: median(samples.node) };
  const lines: Line[] = [
    { what: 'npm start -- --no-open, warm, both ready', unit: 'ms', product: median(samples.start), peer: null, goal: 5_000 },
    { what: 'adiuva understand TEXT, its own process', unit: 'ms', product: median(samples.bundled), peer: limit, goal: null },
    { what: 'npm run adiuva -- understand TEXT', unit: 'ms', product: median(samples.launched), peer: limit, goal: null },
  ];
  return { lines, samples };
}

const parts = { core, cloud, pglite, programs };

async function main(): Promise<void> {
  const lines: Line[] = [];
  const samples: Record<string, object> = {};
  freezeBundles();
  const wanted = process.env['PARTS']?.split(',') ?? Object.keys(parts);
  for (const [name, part] of Object.entries(parts)) {
    if (!wanted.includes(name)) continue;
    say(`   measuring ${name}…`);
    const done = await part();
    lines.push(...done.lines);
    samples[name] = done.samples;
  }
  report('startup', lines, { rounds, pgliteRounds, ...samples });
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
