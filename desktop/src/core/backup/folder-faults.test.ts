import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { base64url, seededRandom } from '@adiuva/shared/kit/ids.ts';
import { cheap, name, random, scratch, words } from './backup-world.suite.ts';
import { folderTarget } from './folder.ts';
import { checkHead, keysOf, makeRepository } from './keys.ts';
import type { Target } from './target.ts';
import { codeOf, commitOf } from './target.suite.ts';

/** What the file system does: nothing wrong, one call that fails, or the end of the process at one call. */
const disk = vi.hoisted(() => ({ calls: 0, at: Infinity, code: 'ENOSPC', dead: false, crash: false, log: [] as string[] }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<Record<string, (...args: never[]) => Promise<unknown>>>();
  const fault = () => Object.assign(new Error(disk.code), { code: disk.crash ? 'CRASH' : disk.code });
  /** @param half what a call that breaks off leaves */
  const tried = async (what: string, work: () => Promise<unknown>, half: () => Promise<unknown> = async () => undefined): Promise<unknown> => {
    if (disk.dead) throw fault();
    disk.calls++;
    disk.log.push(what);
    if (disk.calls !== disk.at) return await work();
    disk.dead = disk.crash;
    await half();
    throw fault();
  };
  const handle = (inner: Record<string, (...args: unknown[]) => Promise<unknown>>) =>
    new Proxy(inner, {
      get(target, method: string) {
        const run = (...args: unknown[]) => target[method]!(...args);
        // A handle that looks like a promise would be waited for.
        if (method === 'then') return undefined;
        if (method === 'close') return run;
        if (method === 'writeFile')
          return (data: Uint8Array, ...rest: unknown[]) =>
            tried(
              'writeFile',
              () => run(data, ...rest),
              () => run(data.subarray(0, data.length / 2)),
            );
        // Nobody pulls the plug here, so nothing has to reach the disk.
        if (method === 'sync' || method === 'datasync') return () => tried(method, async () => undefined);
        return (...args: unknown[]) => tried(method, () => run(...args));
      },
    });
  const wrapped = Object.fromEntries(
    ['lstat', 'mkdir', 'rename', 'rm', 'link', 'unlink', 'utimes', 'readdir'].map((method) => [
      method,
      (...args: never[]) => tried(method, () => real[method]!(...args)),
    ]),
  );
  const open = (...args: never[]) => tried('open', async () => handle((await real['open']!(...args)) as never));
  return { ...real, ...wrapped, open };
});
beforeEach(() => void Object.assign(disk, { calls: 0, at: Infinity, code: 'ENOSPC', dead: false, crash: false, log: [] }));

let ahead = 0;
const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
const targetAt = (path: string): Target => folderTarget({ path, clock, random });
const bytes = (seed: number, size = 3_000) => Buffer.from(seededRandom(seed)(size));
const first = makeRepository(words, random, cheap);

/** A folder with one backup, and what the next one is made of. */
async function started() {
  const { path: made, ...rest } = await (prepared ??= prepare());
  const path = join(scratch(), 'backups');
  cpSync(made, path, { recursive: true });
  return { ...rest, path, target: targetAt(path) };
}
let prepared: ReturnType<typeof prepare> | undefined;

async function prepare() {
  const path = join(mkdtempSync(join(tmpdir(), 'adiuva-backup-')), 'backups');
  const { envelope, ...repository } = await first;
  const keys = keysOf(repository);
  const target = targetAt(path);
  await target.putEnvelope(envelope, null);
  await target.put(name(1), bytes(1));
  const one = commitOf(keys, 1, [name(1)], null);
  await target.commit(one);
  const two = commitOf(keys, 2, [name(1), name(2), name(3)], one.head.manifest);
  return { path, keys, one, two };
}
afterAll(async () => rmSync(join((await prepared)!.path, '..'), { recursive: true, force: true }));

type World = Awaited<ReturnType<typeof started>>;

const second = async (target: Target, { two }: World) => {
  const missing = await target.missing([2, 3].map((seed) => ({ id: name(seed), bytes: 3_000 })));
  await Promise.all([2, 3].filter((seed) => missing.has(name(seed))).map((seed) => target.put(name(seed), bytes(seed))));
  await target.commit(two);
};

/** Everything in the folder is what it says it is, and the newest backup is the old one or the new one, whole. */
async function judge({ path, keys, one, two }: World): Promise<'old' | 'new'> {
  const target = targetAt(path);
  const newest = (await target.newest())!;
  const commit = newest.entry.manifest === two.head.manifest ? two : one;
  expect([newest.entry.manifest, base64url(newest.manifest)]).toEqual([commit.head.manifest, commit.manifest]);
  checkHead(keys, { ...commit.head });
  for (const id of commit.objects) expect((await target.get(id)).length).toBe(3_000);
  for (const prefix of readdirSync(join(path, 'objects')).filter((each) => each.length === 2))
    for (const id of readdirSync(join(path, 'objects', prefix))) {
      const seed = [1, 2, 3].find((each) => name(each) === id)!;
      expect(Buffer.compare(readFileSync(join(path, 'objects', prefix, id)), bytes(seed))).toBe(0);
    }
  const history = (await target.history()).backups.map(({ generation }) => generation);
  expect(history).toEqual(commit === two ? [2, 1] : [1]);
  expect(base64url((await target.backup(one.head.manifest)).manifest)).toBe(one.manifest);
  return commit === two ? 'new' : 'old';
}

describe('a folder whose disk fails at any call', () => {
  it.each(['ENOSPC', 'EIO', 'EACCES'])(
    '%s: says so, keeps what was there, and goes on when the disk does',
    async (code) => {
      const expected = { ENOSPC: 'vault.disk_full', EIO: 'backup.unreachable', EACCES: 'permission.denied' }[code];
      const ends = new Set<string>();
      for (let at = 1, more = true; more; at++) {
        const world = await started();
        Object.assign(disk, { calls: 0, at, code });
        const end = await codeOf(second(targetAt(world.path), world));
        more = disk.calls >= at;
        Object.assign(disk, { at: Infinity });
        // A call that only tidies up may fail without a word.
        expect(['none', expected, 'backup.objects_missing']).toContain(end);
        ends.add(end);
        ahead += 60_000;
        expect([at, end, await judge(world)]).toEqual([at, end, end === 'none' ? 'new' : expect.stringMatching('old|new')]);
        await second(targetAt(world.path), world);
        expect([at, await judge(world)]).toEqual([at, 'new']);
      }
      expect([...ends].includes(expected!)).toBe(true);
    },
    60_000,
  );

  it('dies at any call: there is the old backup or the new one, and the next start finishes', async () => {
    const ends = { old: 0, new: 0 };
    for (let at = 1, more = true; more; at++) {
      const world = await started();
      Object.assign(disk, { calls: 0, at, crash: true });
      await codeOf(second(targetAt(world.path), world));
      more = disk.calls >= at;
      Object.assign(disk, { at: Infinity, crash: false, dead: false });
      // As long as it takes until a lock of the dead is nobody's.
      ahead += 60_000;
      ends[await judge(world)]++;
      await second(targetAt(world.path), world);
      expect([at, await judge(world)]).toEqual([at, 'new']);
      expect(existsSync(join(world.path, 'adiuva-backup.lock'))).toBe(false);
    }
    expect([ends.old > 20, ends.new > 1]).toEqual([true, true]);
  }, 60_000);

  it('dies at any call of a deletion: the backup is there or not, and the others are', async () => {
    for (let at = 1, more = true; more; at++) {
      const world = await started();
      await second(targetAt(world.path), world);
      Object.assign(disk, { calls: 0, at, crash: true });
      await codeOf(targetAt(world.path).remove(world.two.head.manifest));
      more = disk.calls >= at;
      Object.assign(disk, { at: Infinity, crash: false, dead: false });
      ahead += 60_000;
      const target = targetAt(world.path);
      expect([[2, 1], [1]]).toContainEqual((await target.history()).backups.map(({ generation }) => generation));
      expect((await target.newest())!.manifest.length).toBeGreaterThan(0);
      await target.remove(world.two.head.manifest).catch(() => undefined);
      expect([(await target.newest())!.entry.generation, (await target.history()).nextGeneration]).toEqual([1, 3]);
    }
  }, 60_000);
});

describe('a folder that is not what it was', () => {
  it('is unreachable when its disk is gone, in the middle too, and nothing is written into the empty mount point', async () => {
    const world = await started();
    const { path, two, target } = world;
    await target.put(name(2), bytes(2));
    const away = `${path}.away`;
    renameSync(path, away);
    mkdirSync(path);
    const other = targetAt(path);
    for (const each of [target, other]) {
      expect(await codeOf(each.put(name(3), bytes(3)))).toBe('backup.unreachable');
      expect(await codeOf(each.get(name(1)))).toBe('backup.unreachable');
      expect(await codeOf(each.commit(two))).toBe('backup.unreachable');
      expect(await codeOf(each.missing([{ id: name(1), bytes: 3_000 }]))).toBe('backup.unreachable');
    }
    expect([await other.newest(), readdirSync(path)]).toEqual([null, []]);
    rmSync(path, { recursive: true });
    for (const parts of [['a'], ['a', 'b', 'c']]) expect(await codeOf(targetAt(join(path, ...parts)).envelope())).toBe('backup.unreachable');
    renameSync(away, path);
    await second(targetAt(path), world);
    expect(await judge(world)).toBe('new');
  });

  it('of a newer version is refused by every question, and stays as it is', async () => {
    const { path, two } = await started();
    writeFileSync(join(path, 'adiuva-backup.json'), '{ "format": "adiuva-backup", "version": 2, "more": true }');
    const target = targetAt(path);
    const { envelope } = await first;
    const questions = [
      target.envelope(),
      target.newest(),
      target.history(),
      target.backup(name(1)),
      target.commit(two),
      target.put(name(2), bytes(2)),
      target.missing([]),
      target.remove(name(1)),
      target.putEnvelope(envelope, null),
    ];
    expect(await Promise.all(questions.map(codeOf))).toEqual(questions.map(() => 'backup.newer'));
  });

  it.each(['adiuva-backup.json', 'envelope.json', 'head.json'])('with a damaged %s is corrupt', async (file) => {
    const { path } = await started();
    for (const content of ['', '{', '[]', '{"format":"adiuva-backup"}', '['.repeat(60_000), 'x'.repeat(70_000)]) {
      writeFileSync(join(path, file), content);
      const target = targetAt(path);
      const code =
        file === 'envelope.json'
          ? await codeOf(target.envelope().then(async (data) => (await import('./keys.ts')).parseEnvelope(data)))
          : await codeOf(target.newest());
      expect([content.slice(0, 30), code]).toEqual([content.slice(0, 30), 'backup.corrupt']);
    }
  });

  it('without its history, or with a damaged one, goes on from the head', async () => {
    for (const spoil of [(file: string) => rmSync(file), (file: string) => writeFileSync(file, '{"backups":1}'), (file: string) => writeFileSync(file, 'x')]) {
      const world = await started();
      spoil(join(world.path, 'history.json'));
      const target = targetAt(world.path);
      expect([(await target.newest())!.entry.generation, (await target.history()).nextGeneration]).toEqual([1, 2]);
      await second(target, world);
      expect(await judge(world)).toBe('new');
    }
  });
});

describe('a folder where others put things', () => {
  const objectFile = (path: string, id: string) => join(path, 'objects', id.slice(0, 2), id);
  const spoilt = async (spoil: (file: string, path: string) => void) => {
    const { path } = await started();
    const file = objectFile(path, name(1));
    rmSync(file);
    spoil(file, path);
    return targetAt(path).get(name(1));
  };

  it('follows no link, reads no pipe, and nothing that is larger than an object can be', async () => {
    const outside = join(scratch(), 'outside');
    writeFileSync(outside, bytes(1));
    expect(await codeOf(spoilt((file) => symlinkSync(outside, file)))).toBe('backup.corrupt');
    expect(await codeOf(spoilt((file) => mkdirSync(file)))).toBe('backup.corrupt');
    expect(await codeOf(spoilt((file) => execFileSync('mkfifo', [file])))).toBe('backup.corrupt');
    const huge = (size: number) => (file: string) => {
      const handle = openSync(file, 'w');
      ftruncateSync(handle, size);
      closeSync(handle);
    };
    expect(await codeOf(spoilt(huge(4_200_000)))).toBe('none');
    for (const size of [4_200_001, 2 ** 40]) expect(await codeOf(spoilt(huge(size)))).toBe('backup.corrupt');
  });

  it('writes through no link', async () => {
    for (const folder of ['objects', 'incoming', 'manifests']) {
      const { path, two } = await started();
      const outside = scratch();
      cpSync(join(path, folder), outside, { recursive: true });
      rmSync(join(path, folder), { recursive: true });
      symlinkSync(outside, join(path, folder));
      const before = readdirSync(outside, { recursive: true });
      const target = targetAt(path);
      expect(await codeOf(target.put(name(2), bytes(2)))).toBe('backup.corrupt');
      expect(await codeOf(target.commit({ ...two, objects: [name(1)] }))).toBe('backup.corrupt');
      expect(readdirSync(outside, { recursive: true })).toEqual(before);
    }
  });

  it('takes no name that is none', async () => {
    const { target } = await started();
    for (const wrong of ['', '..', '../../../../etc/passwd', `../${name(1).slice(3)}`, `${name(1)}a`, `${name(1).slice(1)}/`, `${name(1).slice(1)}\0`]) {
      expect([
        wrong,
        await codeOf(target.put(wrong, bytes(1))),
        await codeOf(target.get(wrong)),
        await codeOf(target.missing([{ id: wrong, bytes: 1 }])),
      ]).toEqual([wrong, 'request.invalid', 'request.invalid', 'request.invalid']);
    }
  });

  it('does not take a file of another length for the object', async () => {
    const world = await started();
    const { path } = world;
    mkdirSync(join(path, 'objects', name(2).slice(0, 2)), { recursive: true });
    writeFileSync(objectFile(path, name(2)), '');
    await second(targetAt(path), world);
    expect(await judge(world)).toBe('new');
  });
});

describe('writers of one folder', () => {
  it('wait for each other, and take over what a dead one left', async () => {
    const world = await started();
    const lock = join(world.path, 'adiuva-backup.lock');
    writeFileSync(lock, JSON.stringify({ token: 'another', at: clock.now() - 9_000 }));
    const committing = second(targetAt(world.path), world);
    await systemClock.sleep(300);
    expect(await targetAt(world.path).newest()).toMatchObject({ entry: { generation: 1 } });
    ahead += 2_000;
    await committing;
    expect([await judge(world), existsSync(lock)]).toEqual(['new', false]);
  });

  it.each([
    ['cut off', ''],
    ['of a clock that runs ahead', JSON.stringify({ token: 'another', at: 4e12 })],
  ])('take over a lock %s', async (_, content) => {
    const world = await started();
    const lock = join(world.path, 'adiuva-backup.lock');
    writeFileSync(lock, content);
    utimesSync(lock, 1, 1);
    await second(targetAt(world.path), world);
    expect(await judge(world)).toBe('new');
  });

  it('give up while another goes on', async () => {
    const world = await started();
    const lock = join(world.path, 'adiuva-backup.lock');
    const alive = { token: 'another', at: 0 };
    const busy: Clock = {
      ...clock,
      sleep: async () => {
        ahead += 1_000;
        writeFileSync(lock, JSON.stringify({ ...alive, at: clock.now() }));
      },
    };
    writeFileSync(lock, JSON.stringify({ ...alive, at: clock.now() }));
    const target = folderTarget({ path: world.path, clock: busy, random });
    await target.put(name(2), bytes(2));
    await target.put(name(3), bytes(3));
    expect(await codeOf(target.commit(world.two))).toBe('backup.running');
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({ token: 'another' });
  });
});

describe('sweeping', () => {
  const day = 86_400_000;
  const names = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  const objectsOf =
    (world: World) =>
    async ({ entry }: { entry: { manifest: string } }) =>
      entry.manifest === world.one.head.manifest ? world.one.objects : world.two.objects;

  it('deletes after a day what no backup refers to, and leftovers, and nothing else', async () => {
    const world = await started();
    const { path, one } = world;
    await second(targetAt(path), world);
    await targetAt(path).put(name(9), bytes(9));
    writeFileSync(join(path, 'a note of the user.txt'), 'mine');
    writeFileSync(join(path, 'objects', 'readme'), 'mine');
    writeFileSync(join(path, 'manifests', name(7)), 'nobody’s');
    const target = targetAt(path);
    expect(await target.sweep!(objectsOf(world))).toEqual({ deleted: 0, bytes: 0 });
    ahead += day + 60_000;
    expect(await target.sweep!(objectsOf(world))).toEqual({ deleted: 2, bytes: 3_000 + Buffer.byteLength('nobody’s') });
    expect(await judge(world)).toBe('new');
    await target.remove(world.two.head.manifest);
    expect((await target.sweep!(objectsOf(world))).deleted).toBe(2);
    expect(names(join(path, 'objects')).toSorted()).toEqual([name(1), 'readme'].toSorted());
    expect([names(join(path, 'manifests')), existsSync(join(path, 'a note of the user.txt'))]).toEqual([[one.head.manifest], true]);
  });

  it('deletes nothing where it does not know what a backup refers to', async () => {
    const world = await started();
    await second(targetAt(world.path), world);
    ahead += day + 60_000;
    const target = targetAt(world.path);
    const unknown = async () => Promise.reject(new Error('damaged'));
    await expect(target.sweep!(unknown)).rejects.toThrow('damaged');
    rmSync(join(world.path, 'manifests', world.one.head.manifest));
    expect(await codeOf(target.sweep!(objectsOf(world)))).toBe('backup.object_not_found');
    expect(names(join(world.path, 'objects'))).toHaveLength(3);
  });

  it('spares what was offered again today', async () => {
    const world = await started();
    await second(targetAt(world.path), world);
    const target = targetAt(world.path);
    await target.remove(world.two.head.manifest);
    ahead += day + 60_000;
    await target.missing([{ id: name(2), bytes: 3_000 }]);
    expect((await target.sweep!(objectsOf(world))).deleted).toBe(1);
    expect(statSync(join(world.path, 'objects', name(2).slice(0, 2), name(2))).size).toBe(3_000);
  });
});
