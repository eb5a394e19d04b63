import fs, { writeSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type { Vault } from '@adiuva/desktop/core/store/vault.ts';

/**
 * `node backup-child.ts CONFIG`: opens a home, does one thing with its backups, and dies by SIGKILL at the point of a given number. Points lie before every call that
 * changes a file, before every fsync, at each step of a swap, and around every request. Says each of them on stdout.
 */
export type BackupAct = 'create' | 'restore' | 'restore here' | 'lost' | 'exposed';
/** Ways not to do it, by which the harness is seen failing. */
export type BackupMutant = 'none' | 'names before bytes' | 'swap in place';

export interface BackupChild {
  readonly dataDir: string;
  readonly act: BackupAct;
  /** A folder; null: the cloud. */
  readonly place: string | null;
  readonly cloudUrl: string;
  /** Null: does not die by itself. */
  readonly at: number | null;
  readonly words: string;
  readonly mutant: BackupMutant;
}

let count = -1;
function point({ at }: Pick<BackupChild, 'at'>, name: string): void {
  if (count < 0) return;
  writeSync(1, `${name}\n`);
  if (count++ === at) process.kill(process.pid, 'SIGKILL');
}

type Calls = Record<string, (...given: unknown[]) => unknown>;

function watchCalls(config: BackupChild, calls: Calls, names: readonly string[], what: (name: string, given: unknown[]) => string): void {
  for (const name of names) {
    const real = calls[name]!;
    calls[name] = function watched(this: unknown, ...given: unknown[]) {
      point(config, what(name, given));
      return real.apply(this, given);
    };
  }
}

const where = (path: unknown) =>
  String(path)
    .split('/')
    .slice(-3)
    .map((part) => part.replace(/^[\w-]{18,}$/, '…').replace(/^[\w-]{2}$/, '··'))
    .join('/');

async function watchFiles(config: BackupChild): Promise<void> {
  const handle = await promises.open(process.execPath, 'r');
  watchCalls(config, Object.getPrototypeOf(handle) as Calls, ['sync', 'datasync', 'truncate'], (name) => name);
  await handle.close();
  const changing = ['rename', 'link', 'unlink', 'rm', 'mkdir'];
  watchCalls(
    config,
    promises as unknown as Calls,
    changing,
    (name, given) => `${name} ${where(given[0])} ${name === 'rename' || name === 'link' ? where(given[1]) : ''}`,
  );
  const open = promises.open;
  (promises as unknown as Calls)['open'] = (path, flags, ...rest) => {
    if (typeof flags === 'string' && /[wax+]/.test(flags)) point(config, `open ${where(path)}`);
    return open(path as string, flags as string, ...(rest as [number]));
  };
  if (config.mutant === 'names before bytes') nameEarly(config);
  syncBuiltinESMExports();
}

/** Objects get their names while they are still empty, and their bytes once the head is there. */
function nameEarly(config: BackupChild): void {
  const late: (() => void)[] = [];
  const { link, rename } = promises;
  (promises as unknown as Calls)['link'] = async (file, name) => {
    if (!String(name).includes('/objects/')) return link(file as string, name as string);
    const bytes = fs.readFileSync(file as string);
    fs.writeFileSync(name as string, Buffer.alloc(bytes.length));
    late.push(() => {
      point(config, 'late bytes');
      fs.writeFileSync(name as string, bytes);
    });
  };
  (promises as unknown as Calls)['rename'] = async (file, name) => {
    await rename(file as string, name as string);
    if (String(name).endsWith('head.json')) for (const write of late.splice(0)) write();
  };
}

async function run(config: BackupChild): Promise<void> {
  await watchFiles(config);
  const { account, cheaply, openHome, passphrase } = await import('./backups.ts');
  const watched: typeof fetch = async (url, init) => {
    const what = `${init?.method ?? 'GET'} ${new URL(String(url)).pathname.replace(/[\w-]{43}/, '…')}`;
    point(config, `asks ${what}`);
    const response = await fetch(url, init);
    point(config, `answered ${what}`);
    return response;
  };
  const openVault: typeof cheaply = (options) => {
    const vault = cheaply({ ...options, reached: (step) => point(config, `reached ${step}`) });
    return config.mutant === 'swap in place' ? inPlace(config, vault) : vault;
  };
  const home = await openHome({ dataDir: config.dataDir, cloudUrl: config.cloudUrl, fetch: watched, parts: { openVault } });
  const { api } = home;
  const target = config.place === null ? ({ kind: 'cloud' } as const) : ({ kind: 'folder', path: config.place } as const);
  const who = { ...account, email: 'life-here-cloud@example.org' };
  if (config.act !== 'restore here') await api['vault.unlock']({ with: 'passphrase', passphrase });
  count = 0;
  writeSync(1, 'begins\n');
  if (config.act === 'create') await api['backup.create']({ target, full: false });
  else if (config.act === 'restore') {
    await api['backup.prepare']({ target });
    point(config, 'prepared');
    await api['backup.restore'](undefined);
  } else if (config.act === 'restore here') {
    await api['backup.open']({ target, phrase: config.words, ...(config.place === null && who) });
    await api['backup.restoreHere']({ passphrase });
  } else writeSync(1, `words ${(await api['backup.newPhrase']({ passphrase, because: config.act })).recoveryPhrase}\n`);
  writeSync(1, 'done\n');
  await home.close();
  writeSync(1, 'closed\n');
}

/** Writes what comes in over the store of now. */
function inPlace(config: BackupChild, vault: Vault) {
  const stage: typeof vault.stage = async (build) => {
    const staged = await vault.stage(build);
    return {
      ...staged,
      swap: async (how) => {
        const bytes = fs.readFileSync(`${config.dataDir}/store.db.restored`);
        const file = fs.openSync(`${config.dataDir}/store.db`, 'r+');
        writeSync(file, bytes, 0, Math.floor(bytes.length / 2), 0);
        point(config, 'half of it written');
        return await staged.swap(how);
      },
    };
  };
  return new Proxy(vault, {
    get: (target, name) => (name === 'stage' ? stage : ((value) => (typeof value === 'function' ? value.bind(target) : value))(Reflect.get(target, name))),
  });
}

const [, script, text] = process.argv;
if (script?.endsWith('backup-child.ts') && text) {
  await run(JSON.parse(text) as BackupChild).catch((error: { code?: string }) => {
    writeSync(1, `failed ${String(error.code ?? error)}\n`);
    process.exit(3);
  });
}
