import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemRandom, type Random } from '@adiuva/shared/kit/ids.ts';
import type { Vault } from '@adiuva/desktop/core/store/vault.ts';
import {
  cheaply,
  codeOf,
  drawing,
  fill,
  fingerprint,
  folderAt,
  newHome,
  passphrase,
  seed,
  soak,
  strangers,
  unlocked,
  type BackupHome,
} from '../world/backups.ts';
import { filesUnder } from '../world/leaks.ts';
import { ownFolder, root } from '../world/processes.ts';
import type * as keysModule from '@adiuva/desktop/core/backup/keys.ts';
import type * as cryptoModule from '@adiuva/desktop/core/crypto.ts';

/**
 * A folder of backups (a base and two deltas) in which somebody changes bytes, cuts, drops, swaps, replays and plants files. Each time: a typed error, or exactly
 * what was backed up; the current store as it was, byte for byte; nothing left behind. `ADIUVA_SOAK=1` takes every byte and every length, `ADIUVA_SEED` replays.
 */

const scratch = ownFolder('tamper');
afterAll(() => scratch.remove());
const at = (...names: string[]) => join(scratch.folder, ...names);

/** Four bytes at a time are drawn where a sample chooses its objects: here it comes to all of them. */
function everyObject(): Random {
  let next = 0;
  return (bytes) => {
    if (bytes !== 4) return systemRandom(bytes);
    const drawn = new Uint8Array(4);
    new DataView(drawn.buffer).setUint32(0, next++);
    return drawn;
  };
}

interface Fixture {
  readonly home: BackupHome & { readonly words: string };
  /** As it was after the first, second and third backup; the third is the newest. */
  readonly pristine: readonly string[];
  /** Where the changes are made. */
  readonly place: string;
  /** Another vault's folder, and this user's of the epoch before. */
  readonly foreign: { readonly stranger: string; readonly newer: string };
  readonly truth: string;
  readonly roles: ReadonlyMap<string, Role>;
}
type Role = 'marker' | 'envelope' | 'head' | 'history' | 'newest manifest' | 'older manifest' | 'object';
/** Without these nothing can be restored, so that a change has to be noticed. */
const needed: ReadonlySet<Role> = new Set(['head', 'newest manifest', 'object']);

let made: Fixture;
beforeAll(async () => {
  const home = await newHome({ dataDir: at('home'), random: everyObject() });
  const place = at('place');
  const pristine: string[] = [];
  for (const [index, count] of [30, 2, 2].entries()) {
    await fill(home, count);
    const { kind } = await home.api['backup.create']({ target: folderAt(place), full: false });
    expect(kind).toBe(index === 0 ? 'base' : 'increment');
    pristine.push(at(`pristine-${index}`));
    cpSync(place, pristine[index]!, { recursive: true });
  }
  await fill(home, 1);
  const truth = await prepared(home, place);
  const { manifest } = JSON.parse(readFileSync(join(place, 'head.json'), 'utf8')) as { manifest: string };
  const roles = new Map([...filesUnder(place)].map((file) => [relative(place, file), roleOf(relative(place, file), manifest)]));
  made = { home, pristine, place, foreign: { stranger: await strangersPlace(), newer: await newerEpoch(home, place) }, truth, roles };
}, 60_000);
afterAll(() => made?.home.close());

function roleOf(file: string, newest: string): Role {
  if (file.startsWith('manifests/')) return file.endsWith(newest) ? 'newest manifest' : 'older manifest';
  if (file.startsWith('objects/')) return 'object';
  return ({ 'adiuva-backup.json': 'marker', 'envelope.json': 'envelope', 'head.json': 'head', 'history.json': 'history' } as const)[file]!;
}

async function strangersPlace(): Promise<string> {
  const other = await newHome();
  await fill(other, 5);
  await other.api['backup.create']({ target: folderAt(at('stranger')), full: false });
  await other.close();
  return at('stranger');
}

/** What the same folder looks like after the words were exposed and replaced, made by a copy of the device. */
async function newerEpoch(home: BackupHome, place: string): Promise<string> {
  const [copy, folder] = [at('copy-of-home'), at('newer-epoch')];
  cpSync(home.dataDir, copy, { recursive: true });
  cpSync(place, folder, { recursive: true });
  const device = await unlocked({ dataDir: copy });
  await device.api['backup.create']({ target: folderAt(folder), full: true }).catch(() => device.api['backup.takeOver']({ target: folderAt(folder) }));
  await device.api['backup.newPhrase']({ passphrase, because: 'exposed' });
  await device.close();
  // It brought its new keys to every place it knows, this one too.
  rmSync(place, { recursive: true });
  cpSync(at('pristine-2'), place, { recursive: true });
  return folder;
}

/** The preview of what would come back, once it lies proven beside the store; it is thrown away again. */
async function prepared({ api }: BackupHome, place: string, phrase?: string): Promise<string> {
  const preview = await api['backup.prepare']({ target: folderAt(place), ...(phrase !== undefined && { phrase }) });
  await api['backup.discard'](undefined);
  return JSON.stringify({ ...preview, point: { ...preview.point, bytes: 0, objects: 0 } });
}

const right = new Set(
  ['corrupt', 'newer', 'missing', 'object_not_found', 'not_found', 'rolled_back', 'forked', 'wrong_phrase', 'unreachable'].map((code) => `backup.${code}`),
);

interface Tamper {
  readonly what: string;
  readonly file: string;
  /** New bytes; null: no such file. */
  readonly bytes: Uint8Array | null;
  /** The one right code, where there is one. */
  readonly code?: string;
}

/** Applies some changes to the place, looks, and takes them back. */
async function tampered<T>({ place, pristine }: Fixture, changes: readonly Pick<Tamper, 'file' | 'bytes'>[], look: () => Promise<T>): Promise<T> {
  for (const { file, bytes } of changes) {
    mkdirSync(dirname(join(place, file)), { recursive: true });
    if (bytes) writeFileSync(join(place, file), bytes);
    else rmSync(join(place, file), { force: true });
  }
  try {
    return await look();
  } finally {
    for (const { file } of changes) {
      const whole = join(pristine.at(-1)!, file);
      if (existsSync(whole)) cpSync(whole, join(place, file));
      else rmSync(join(place, file), { force: true });
    }
  }
}

/** What a full or sampled verification says: `ok`, or the codes of its faults. */
async function verified({ api }: BackupHome, place: string): Promise<string> {
  const { ok, faults } = await api['backup.verify']({ target: folderAt(place), full: false });
  return ok ? 'ok' : [...new Set(faults.map(({ problem }) => problem.code))].join();
}

const outcome = (work: Promise<string>): Promise<string> =>
  work.then(
    (said) => said,
    (error: { code?: string }) => String(error.code ?? error),
  );

/** Everything that is wrong with how the device took a change. */
async function faultsOf(on: Fixture, device: BackupHome, tamper: Tamper, act: 'verify' | 'prepare'): Promise<string[]> {
  const role = on.roles.get(tamper.file);
  const said = await tampered(on, [tamper], () => outcome(act === 'verify' ? verified(device, on.place) : prepared(device, on.place)));
  const faults: string[] = [];
  const wrong = (what: string) => faults.push(`${act} with ${tamper.what}: ${what}`);
  const fine = said === 'ok' || said === on.truth;
  const same = fine && meansTheSame(tamper.bytes, on, tamper.file);
  if (!fine && !right.has(said)) wrong(said.slice(0, 200));
  if (fine && !same && role && (needed.has(role) || (act === 'verify' && role === 'older manifest'))) wrong('was not noticed');
  if (!fine && tamper.code !== undefined && said !== tamper.code) wrong(`${said} instead of ${tamper.code}`);
  return faults;
}

/** JSON with other blanks, or with other bits behind the last that counts in base64. */
function meansTheSame(bytes: Uint8Array | null, { pristine }: Fixture, file: string): boolean {
  const read = (data: Uint8Array) => {
    const { mac, ...head } = JSON.parse(Buffer.from(data).toString('utf8')) as { mac: string };
    return JSON.stringify([head, Buffer.from(mac, 'base64url').toString('hex')]);
  };
  try {
    return bytes !== null && file === 'head.json' && read(bytes) === read(readFileSync(join(pristine.at(-1)!, file)));
  } catch {
    return false;
  }
}

/** The store and its keys by their bytes; what is remembered of places is not part of it. */
const storeOf = ({ dataDir }: BackupHome) => fingerprint(dataDir, /(-shm|\.lock)$|^backups\//);

async function faultsOfAll(on: Fixture, device: BackupHome, tampers: readonly Tamper[], act: 'verify' | 'prepare'): Promise<string[]> {
  const faults: string[] = [];
  const before = storeOf(device);
  for (const tamper of tampers) {
    faults.push(...(await faultsOf(on, device, tamper, act)));
    if (act === 'verify') continue;
    if (JSON.stringify(storeOf(device)) !== JSON.stringify(before)) faults.push(`${tamper.what}: the current store changed`);
    const left = strangers(device.dataDir);
    if (left.length > 0) faults.push(`${tamper.what}: left behind ${left.join()}`);
    if (faults.length > 20) return faults;
  }
  if (JSON.stringify(storeOf(device)) !== JSON.stringify(before)) faults.push('the current store changed');
  return faults;
}

const header = 56;
const chunk = 16_400;
/** Offsets at every border of the format, and some by chance; every one there is for small files and in the long form. */
function offsets(size: number, some: number, draw: (count: number) => number): number[] {
  if (soak || size <= 180) return Array.from({ length: size }, (_, index) => index);
  const borders = Array.from({ length: Math.ceil((size - header) / chunk) + 1 }, (_, index) => Math.min(size, header + index * chunk));
  const few = borders.length <= 8 ? borders : [...borders.slice(0, 2), borders[draw(borders.length)]!, ...borders.slice(-2)];
  const near = size > header ? [0, 23, 24, 55, ...few.flatMap((border) => [border - 17, border - 16, border - 1, border, border + 1])] : [];
  return [...new Set([...near, ...Array.from({ length: some }, () => draw(size))])].filter((offset) => offset >= 0 && offset < size);
}

const isSealed = (role: Role): boolean => role === 'object' || role.endsWith('manifest');
const each = (on: Fixture) => [...on.roles].map(([file, role]) => ({ file, role, bytes: readFileSync(join(on.pristine.at(-1)!, file)) as Uint8Array }));

function flips(on: Fixture, some: number): Tamper[] {
  const draw = drawing(seed);
  return each(on).flatMap(({ file, role, bytes }) =>
    offsets(bytes.length, some, draw).map((offset) => {
      const changed = Uint8Array.from(bytes);
      changed[offset]! ^= 1 + draw(255);
      return {
        what: `byte ${offset} of ${role} ${file} flipped to ${changed[offset]}`,
        file,
        bytes: changed,
        ...(isSealed(role) && { code: 'backup.corrupt' }),
      };
    }),
  );
}

function cuts(on: Fixture, some: number): Tamper[] {
  const draw = drawing(seed + 1);
  return each(on).flatMap(({ file, role, bytes }) =>
    offsets(bytes.length, some, draw).map((length) => ({
      what: `${role} ${file} cut to ${length} bytes`,
      file,
      bytes: bytes.subarray(0, length),
      ...(isSealed(role) && { code: 'backup.corrupt' }),
    })),
  );
}

const longer = (on: Fixture): Tamper[] =>
  each(on).flatMap(({ file, role, bytes }) =>
    [1, 16, 4_112, chunk].map((more) => ({
      what: `${role} ${file} longer by ${more}`,
      file,
      bytes: Buffer.concat([bytes, Buffer.alloc(more)]),
      ...(isSealed(role) && { code: 'backup.corrupt' }),
    })),
  );

const drops = (on: Fixture): Tamper[] =>
  each(on).map(({ file, role }) => ({
    what: `${role} ${file} dropped`,
    file,
    bytes: null,
    ...(isSealed(role) && { code: 'backup.object_not_found' }),
    ...(role === 'head' && { code: 'backup.missing' }),
  }));

/** The bytes of each file in the place of each other one. */
const swaps = (on: Fixture): Tamper[] =>
  each(on).flatMap(({ file, role }) =>
    each(on)
      .filter((other) => other.file !== file)
      .map((other) => ({ what: `${other.file} in the place of ${role} ${file}`, file, bytes: other.bytes, ...(isSealed(role) && { code: 'backup.corrupt' }) })),
  );

/** Files of another folder in the place of ours: of the same name, else of the same kind. */
function planted(on: Fixture, from: string): Tamper[] {
  const theirs = [...filesUnder(from)].map((file) => ({ file: relative(from, file), bytes: readFileSync(file) as Uint8Array }));
  return each(on).flatMap(({ file, role, bytes }) => {
    const fitting = theirs.filter((other) => other.file === file || (isSealed(role) && other.file.split('/')[0] === file.split('/')[0]));
    return fitting
      .filter((other) => !Buffer.from(bytes).equals(other.bytes))
      .map((other) => ({ what: `${relative(scratch.folder, from)}/${other.file} in the place of ${role} ${file}`, file, bytes: other.bytes }));
  });
}

function takenBack(on: Fixture, to: string): Pick<Tamper, 'file' | 'bytes'>[] {
  const there = new Map([...filesUnder(to)].map((file) => [relative(to, file), readFileSync(file) as Uint8Array]));
  return [...new Set([...on.roles.keys(), ...there.keys()])].map((file) => ({ file, bytes: there.get(file) ?? null }));
}

const figures: string[] = [];
afterAll(() => void process.stderr.write(`backups tampered with, seed ${seed}: ${figures.join(', ')}\n`));
const sample = <T>(from: readonly T[], count: number, start: number): T[] => {
  const draw = drawing(start);
  return from.length <= count ? [...from] : Array.from({ length: count }, () => from[draw(from.length)]!);
};
/** Those that end before the pages are read cost little; of the others some are drawn. */
const dear = (on: Fixture, tampers: readonly Tamper[], count: number, start: number): Tamper[] => {
  const cheapRoles: ReadonlySet<Role | undefined> = new Set<Role>(['head', 'newest manifest']);
  const [light, heavy] = [true, false].map((is) => tampers.filter(({ file }) => cheapRoles.has(on.roles.get(file)) === is)) as [Tamper[], Tamper[]];
  return soak ? [...light, ...sample(heavy, 2_000, start)] : [...sample(light, count * 4, start), ...sample(heavy, count, start + 1)];
};
const long = { timeout: soak ? 7_200_000 : 60_000 };

describe('a folder of backups somebody has written into', () => {
  const kinds: readonly (readonly [string, (on: Fixture) => Tamper[], number])[] = [
    ['a flipped byte', (on) => flips(on, 24), 10],
    ['a cut file', (on) => cuts(on, 8), 6],
    ['a longer file', longer, 4],
    ['a missing file', drops, 12],
    ['a file in the place of another', swaps, 10],
    ['a file of an earlier generation', (on) => [...planted(on, on.pristine[0]!), ...planted(on, on.pristine[1]!)], 6],
    ['a file of a stranger', (on) => planted(on, on.foreign.stranger), 6],
    ['a file of the next epoch', (on) => planted(on, on.foreign.newer), 6],
  ];

  it.each(kinds)('is found out by verification: %s', long, async (name, tampersOf) => {
    const tampers = tampersOf(made);
    figures.push(`${tampers.length} verified (${name})`);
    expect(tampers.length).toBeGreaterThan(5);
    expect(await faultsOfAll(made, made.home, tampers, 'verify')).toEqual([]);
  });

  it.each(kinds)('never becomes a store: %s', long, async (name, tampersOf, count) => {
    const tampers = dear(made, tampersOf(made), count, seed + count);
    figures.push(`${tampers.length} restored (${name})`);
    expect(await faultsOfAll(made, made.home, tampers, 'prepare')).toEqual([]);
  });

  it('is refused as the newest where the whole folder was taken back, and stays there for who chooses it', async () => {
    for (const [index, older] of made.pristine.slice(0, -1).entries()) {
      const said = await tampered(made, takenBack(made, older), async () => [
        await codeOf(made.home.api['backup.prepare']({ target: folderAt(made.place) })),
        await codeOf(made.home.api['backup.create']({ target: folderAt(made.place), full: false })),
        await verified(made.home, made.place),
        await codeOf(made.home.api['backup.drill']({ target: folderAt(made.place) })),
      ]);
      expect([index, ...said]).toEqual([index, ...Array.from({ length: 4 }, () => 'backup.rolled_back')]);
    }
    const chosen = await tampered(made, takenBack(made, made.pristine[0]!), async () => {
      const { backups } = await made.home.api['backup.list']({ target: folderAt(made.place) });
      const preview = await made.home.api['backup.prepare']({ target: folderAt(made.place), id: backups[0]!.id });
      await made.home.api['backup.discard'](undefined);
      return [preview.point.generation, preview.newestKnown];
    });
    expect(chosen).toEqual([1, false]);
  });

  it('is of no use to a device whose keys are newer', async () => {
    const device = await unlocked({ dataDir: at('copy-of-home') });
    try {
      const before = storeOf(device);
      expect(await codeOf(device.api['backup.prepare']({ target: folderAt(made.place) }))).toBe('backup.wrong_phrase');
      expect(await codeOf(device.api['backup.verify']({ target: folderAt(made.place), full: false }).then(({ ok }) => expect(ok).toBe(false)))).toMatch(
        /^nothing$|^backup\./,
      );
      expect(storeOf(device)).toEqual(before);
    } finally {
      await device.close();
    }
  });

  it('shows the date that was sealed, whatever the folder says of it', async () => {
    const history = JSON.parse(readFileSync(join(made.place, 'history.json'), 'utf8')) as { backups: { createdAt: string }[] };
    for (const entry of history.backups) entry.createdAt = '2031-01-01T00:00:00.000Z';
    expect(await tampered(made, [{ file: 'history.json', bytes: Buffer.from(JSON.stringify(history)) }], () => prepared(made.home, made.place))).toBe(
      made.truth,
    );
  });

  it('opens for nobody where the envelope was changed, and for the same words where it means the same', long, async () => {
    const { openEnvelope } = await import('@adiuva/desktop/core/backup/keys.ts');
    const whole = readFileSync(join(made.place, 'envelope.json'));
    const { bmk } = await openEnvelope(JSON.parse(whole.toString('utf8')), made.home.words);
    const draw = drawing(seed);
    const tampers = Array.from(whole, (byte, offset) => [
      { what: `byte ${offset}`, bytes: Buffer.from(whole).fill(byte ^ (1 + draw(255)), offset, offset + 1) },
      { what: `cut to ${offset}`, bytes: whole.subarray(0, offset) },
    ]).flat();
    figures.push(`${tampers.length} envelopes`);
    for (const { what, bytes } of tampers) {
      const opened = await Promise.resolve()
        .then(() => openEnvelope(JSON.parse(bytes.toString('utf8')), made.home.words))
        .then(
          (repository) => Buffer.compare(repository.bmk, bmk) === 0 || what,
          (error: unknown) => error instanceof SyntaxError || right.has((error as { code: string }).code) || `${what}: ${String(error)}`,
        );
      expect(opened).toBe(true);
    }
  });
});

// ---------------------------------------------------------------- the offline tool

const tool = join(root, 'infra/offline-restore/offline-restore.mjs');
function offline(place: string, words: string): Promise<{ code: number; stderr: string; left: boolean }> {
  const out = at(`out-${Math.round(performance.now() * 1_000)}`);
  return new Promise((resolve) => {
    execFile(process.execPath, [tool, place, out], { env: { ...process.env, ADIUVA_RECOVERY_PHRASE: words } }, (error, _stdout, stderr) => {
      const left = existsSync(out);
      rmSync(out, { recursive: true, force: true });
      resolve({ code: error ? Number(error.code) : 0, stderr, left });
    });
  });
}

describe('the offline tool', () => {
  it('refuses with the right exit, and leaves nothing', { timeout: soak ? 3_600_000 : 60_000 }, async () => {
    expect(await offline(made.place, made.home.words)).toMatchObject({ code: 0, left: true });
    const kinds = [flips(made, 8), cuts(made, 4), drops(made), swaps(made), planted(made, made.foreign.stranger)];
    const tampers = kinds.flatMap((kind, index) =>
      sample(
        kind.filter(({ file }) => needed.has(made.roles.get(file)!) || file === 'envelope.json'),
        soak ? 300 : 5,
        seed + index,
      ),
    );
    const faults: string[] = [];
    for (const tamper of tampers) {
      const { code, left, stderr } = await tampered(made, [tamper], () => offline(made.place, made.home.words));
      const meaning = { 3: 'missing', 4: 'newer', 5: 'wrong phrase', 6: 'corrupt' }[code];
      const harmless = tamper.file === 'envelope.json' || tamper.file === 'head.json';
      if ((meaning === undefined && !(code === 0 && harmless)) || (left && code !== 0)) faults.push(`${tamper.what}: ${code} ${stderr.slice(-300)}`);
      if (tamper.bytes === null && code !== 3) faults.push(`${tamper.what}: ${code}, not missing`);
    }
    figures.push(`${tampers.length} with the offline tool`);
    expect(faults).toEqual([]);
  });
});

// ---------------------------------------------------------------- the harness itself

describe('this harness goes red', { timeout: 60_000 }, () => {
  afterEach(() => {
    vi.doUnmock('@adiuva/desktop/core/crypto.ts');
    vi.doUnmock('@adiuva/desktop/core/backup/keys.ts');
    vi.resetModules();
  });
  /** Faults that it finds with a device made of other modules, over a copy of the home. */
  async function faultsWith(name: string, tampers: readonly Tamper[], act: 'verify' | 'prepare'): Promise<string[]> {
    vi.resetModules();
    const fresh = await import('../world/backups.ts');
    const dataDir = at(`mutant-${name}`);
    await made.home.api['vault.lock'](undefined);
    cpSync(made.home.dataDir, dataDir, { recursive: true });
    await made.home.api['vault.unlock']({ with: 'passphrase', passphrase });
    const device = await fresh.unlocked({ dataDir, random: everyObject() });
    try {
      return await faultsOfAll(made, device, tampers, act);
    } finally {
      await device.close();
    }
  }
  const flipsOf = (role: Role, count: number) =>
    sample(
      flips(made, 64).filter(({ file }) => made.roles.get(file) === role),
      count,
      seed,
    );

  it('on opening without a look at commitment and tags', async () => {
    vi.doMock('@adiuva/desktop/core/crypto.ts', async (original) => {
      const real = await original<typeof cryptoModule>();
      return {
        ...real,
        openMessage: (key: never, sealed: Uint8Array, context: Uint8Array, into?: Uint8Array) => real.openMessage(key, mended(sealed), context, into),
      };
    });
    /** What a reader that ignores damage would get: the message as it was before the change. */
    const originals = each(made).map(({ bytes }) => bytes);
    const mended = (sealed: Uint8Array) => originals.find((bytes) => bytes.length === sealed.length && differences(bytes, sealed) === 1) ?? sealed;
    expect((await faultsWith('tags', flipsOf('object', 30), 'verify')).join('\n')).toMatch(/was not noticed/);
  });

  it('on a head whose code is not compared', async () => {
    vi.doMock('@adiuva/desktop/core/backup/keys.ts', async (original) => {
      const real = await original<typeof keysModule>();
      return { ...real, checkHead: (_keys: never, data: unknown) => data };
    });
    expect((await faultsWith('head', flipsOf('head', 200), 'verify')).join('\n')).toMatch(/was not noticed/);
  });

  const careless =
    (change: (vault: Vault, dataDir: string) => Partial<Vault>): typeof cheaply =>
    (options) => {
      const vault = cheaply(options);
      const changed = change(vault, options.dataDir);
      return new Proxy(vault, {
        get: (target, name) => {
          const value: unknown = Reflect.get(name in changed ? changed : target, name);
          return typeof value === 'function' ? value.bind(name in changed ? changed : target) : value;
        },
      });
    };
  async function faultsWithVault(name: string, openVault: typeof cheaply): Promise<string[]> {
    const dataDir = at(`mutant-${name}`);
    await made.home.api['vault.lock'](undefined);
    cpSync(made.home.dataDir, dataDir, { recursive: true });
    await made.home.api['vault.unlock']({ with: 'passphrase', passphrase });
    const device = await unlocked({ dataDir, parts: { openVault } });
    try {
      const base = each(made).toSorted((a, b) => b.bytes.length - a.bytes.length)[0]!.file;
      return await faultsOfAll(
        made,
        device,
        flips(made, 1)
          .filter(({ file }) => file === base)
          .slice(0, 1),
        'prepare',
      );
    } finally {
      await device.close();
    }
  }

  it('on a store that is staged in the place of the current one', async () => {
    const inPlace = careless((vault, dataDir) => ({
      stage: (build) =>
        vault.stage(async (path, key) => {
          writeFileSync(join(dataDir, 'vault.copy.json'), '{}');
          await build(path, key);
        }),
    }));
    expect((await faultsWithVault('in-place', inPlace)).join('\n')).toMatch(/the current store changed/);
  });

  it('on a restore that leaves its file', async () => {
    const untidy = careless((vault, dataDir) => ({
      stage: (build) =>
        vault.stage(async (path, key) => {
          writeFileSync(join(dataDir, 'store.db.half'), 'half');
          await build(path, key);
        }),
    }));
    expect((await faultsWithVault('untidy', untidy)).join('\n')).toMatch(/left behind store\.db\.half/);
  });
});

function differences(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let index = 0; index < a.length && count < 2; index++) if (a[index] !== b[index]) count++;
  return count;
}
