import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { objectBytes, type BackupCommit, type BackupEnvelope } from '@adiuva/shared/contracts/backup.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { base64url, seededRandom } from '@adiuva/shared/kit/ids.ts';
import { cheap, otherWords, random, words } from './backup-world.suite.ts';
import { sealObject } from './format.ts';
import { headOf, keysOf, makeRepository, nextEpoch, openEnvelope, rewrap, type Keys, type Repository } from './keys.ts';
import type { Target } from './target.ts';

/** A place of its own for one test. */
export interface Place {
  /** Another use of the same place, as another process or device has it. */
  target(): Target;
  /** Time of the place. */
  advance(ms: number): void;
  /** What deleting wants. */
  readonly password?: string;
}

type Made = Repository & { readonly envelope: BackupEnvelope };
// Argon2 at its least still takes a while, and no test looks at whose words they are.
const first = makeRepository(words, random, cheap);
const other = makeRepository(otherWords, random, cheap);

export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AdiuvaError ? error.code : String(error)),
  );

const bytes = (seed: number, size = 1_000) => Buffer.alloc(size, createHash('sha256').update(`${seed}`).digest());
const name = (seed: number) => base64url(createHash('sha256').update(`name ${seed}`).digest());
const hour = 3_600_000;

/** Everything one backup needs but its objects. */
export function commitOf(keys: Keys, generation: number, objects: readonly string[], expected: string | null, salt = 0): BackupCommit {
  const { id, sealed } = sealObject(keys, 'manifest', Buffer.from(`manifest ${generation} ${salt}`), seededRandom(generation + salt));
  return { expected, head: headOf(keys, generation, id), manifest: base64url(sealed), objects: [...objects] };
}

/** What every target has to do. Those that keep nothing across calls of `open` run side by side. */
export function targetSuite(what: string, open: () => Promise<Place>): void {
  describe(`backups in ${what}`, () => {
    const started = async (made: Promise<Made> = first) => {
      const place = await open();
      const target = place.target();
      const { envelope, ...repository } = await made;
      await target.putEnvelope(envelope, null);
      return { place, target, envelope, repository, keys: keysOf(repository) };
    };
    /** So many backups, each with an object of its own. */
    const filled = async (count: number) => {
      const world = await started();
      const commits: BackupCommit[] = [];
      for (let generation = 1; generation <= count; generation++) {
        await world.target.put(name(generation), bytes(generation));
        commits.push(commitOf(world.keys, generation, [name(1), name(generation)], commits.at(-1)?.head.manifest ?? null));
        await world.target.commit(commits.at(-1)!);
        world.place.advance(hour);
      }
      return { ...world, commits, ids: commits.map(({ head }) => head.manifest) };
    };

    it('are none at first', async () => {
      const target = (await open()).target();
      expect([await target.envelope(), await target.newest(), (await target.history()).backups]).toEqual([null, null, []]);
      expect(await codeOf(target.backup(name(1)))).toBe('backup.not_found');
    });

    it('take an envelope in the place of the one expected, and only one that follows it', async () => {
      const { place, target, envelope, repository } = await started();
      expect(await openEnvelope(await place.target().envelope(), words)).toEqual({ ...repository, bmk: Buffer.from(repository.bmk) });
      await target.putEnvelope(envelope, null);
      const next = await rewrap(repository, otherWords, random, cheap);
      expect(await codeOf(target.putEnvelope(next, null))).toBe('backup.head_moved');
      expect(await codeOf(target.putEnvelope(next, next.sum))).toBe('backup.head_moved');
      await target.putEnvelope(next, envelope.sum);
      await target.putEnvelope(next, envelope.sum);
      expect(await place.target().envelope()).toEqual(next);
      const far = (await nextEpoch({ ...repository, epoch: 2 }, words, random, cheap)).envelope;
      await target.putEnvelope(far, next.sum);
      expect(await codeOf(target.putEnvelope(next, far.sum))).toBe('backup.forked');
      expect(await place.target().envelope()).toEqual(far);
    });

    it('take an envelope of another repository only while there is no backup', async () => {
      const { target, envelope, keys } = await started();
      const stranger = (await other).envelope;
      await target.commit(commitOf(keys, 1, [], null));
      expect(await codeOf(target.putEnvelope(stranger, envelope.sum))).toBe('backup.forked');
    });

    it('keep objects of any size once, and give them back to anyone who asks', async () => {
      const { place, target } = await started();
      const sizes = [1, 5_192, 16_384, objectBytes];
      for (const [at, size] of sizes.entries()) await target.put(name(at), bytes(at, size));
      for (const [at, size] of sizes.entries()) expect(Buffer.compare(await target.get(name(at)), bytes(at, size))).toBe(0);
      await target.put(name(0), bytes(9, 1));
      expect(Buffer.from(await target.get(name(0)))).toEqual(bytes(0, 1));
      expect(await codeOf(target.get(name(7)))).toBe('backup.object_not_found');
      expect(await codeOf(target.put(name(8), bytes(8, objectBytes + 1)))).toBe('request.too_large');
      expect(await codeOf(target.put(name(8), new Uint8Array()))).not.toBe('none');
      expect(await codeOf(place.target().get(name(8)))).toBe('backup.object_not_found');
    });

    it('tell which objects have to be put, any number of them', async () => {
      const { target } = await started();
      await target.put(name(1), bytes(1));
      const offered = Array.from({ length: 2_003 }, (_, at) => ({ id: name(at), bytes: 1_000 }));
      const missing = await target.missing(offered);
      expect([missing.size, missing.has(name(1)), missing.has(name(2_002))]).toEqual([2_002, false, true]);
      expect((await target.missing([])).size).toBe(0);
    });

    it('let a new backup in after the newest and after nothing else', async () => {
      const { place, target, keys } = await started();
      await target.put(name(1), bytes(1, 1_000));
      const one = commitOf(keys, 1, [name(1), name(1)], null);
      expect(await codeOf(target.commit(commitOf(keys, 1, [name(2)], null)))).toBe('backup.objects_missing');
      expect(await codeOf(target.commit(commitOf(keys, 2, [], null)))).toBe('request.invalid');
      expect(await codeOf(target.commit(commitOf(keys, 1, [], name(5))))).toBe('backup.head_moved');
      expect(await codeOf(target.commit(commitOf(keysOf(await other), 1, [], null)))).toBe('backup.forked');
      expect(await place.target().newest()).toBeNull();
      const entry = await target.commit(one);
      expect(entry).toMatchObject({ ...one.head, objects: 1, bytes: 1_000 + Buffer.from(one.manifest, 'base64url').length });
      expect(await target.commit(one)).toEqual(entry);
      expect(await codeOf(target.commit(commitOf(keys, 2, [], null)))).toBe('backup.head_moved');
      await target.commit(commitOf(keys, 2, [name(1)], one.head.manifest));
      expect(await codeOf(place.target().commit(commitOf(keys, 3, [], one.head.manifest)))).toBe('backup.head_moved');
    });

    it('need an envelope first', async () => {
      const place = await open();
      const keys = keysOf(await first);
      expect(['backup.not_set_up', 'backup.unreachable']).toContain(await codeOf(place.target().commit(commitOf(keys, 1, [], null))));
    });

    it('give every backup of the history, newest first, with its manifest', async () => {
      const { place, commits, ids } = await filled(3);
      const target = place.target();
      const { backups, nextGeneration } = await target.history();
      expect([backups.map(({ manifest }) => manifest), nextGeneration]).toEqual([ids.toReversed(), 4]);
      for (const commit of commits) {
        const { entry, manifest } = await target.backup(commit.head.manifest);
        expect([entry.mac, base64url(manifest)]).toEqual([commit.head.mac, commit.manifest]);
      }
      const newest = (await target.newest())!;
      expect([newest.entry, base64url(newest.manifest)]).toEqual([backups[0], commits[2]!.manifest]);
      expect(await codeOf(target.backup(name(99)))).toBe('backup.not_found');
    });

    it('are deleted one by one; no number is used twice', async () => {
      const { place, keys, ids } = await filled(3);
      const target = place.target();
      const list = async () => (await place.target().history()).backups.map(({ manifest }) => manifest);
      await target.remove(ids[1]!, place.password);
      expect(await list()).toEqual([ids[2], ids[0]]);
      expect([await codeOf(target.remove(ids[1]!, place.password)), await codeOf(target.backup(ids[1]!))]).toEqual(['backup.not_found', 'backup.not_found']);
      await target.remove(ids[2]!, place.password);
      expect([await list(), (await target.newest())!.entry.manifest]).toEqual([[ids[0]], ids[0]]);
      expect(await codeOf(target.commit(commitOf(keys, 3, [], ids[0]!, 1)))).toBe('request.invalid');
      await target.commit(commitOf(keys, 4, [], ids[0]!));
      await target.remove(ids[0]!, place.password);
      await target.remove((await list())[0]!, place.password);
      expect([await list(), await target.newest(), (await target.history()).nextGeneration]).toEqual([[], null, 5]);
    });

    it('stay in one line under many writers at once', async () => {
      const { place, target, keys } = await started();
      const rivals = Array.from({ length: 6 }, (_, salt) => commitOf(keys, 1, [], null, salt));
      const ends = await Promise.all(rivals.map((commit) => codeOf(place.target().commit(commit))));
      expect(ends.toSorted()).toEqual([...Array<string>(5).fill('backup.head_moved'), 'none']);
      const won = rivals[ends.indexOf('none')]!.head;
      expect((await target.history()).backups).toMatchObject([won]);
    });

    it('take many objects at once, the same ones too', async () => {
      const { place, target, keys } = await started();
      const [mine, theirs] = [target, place.target()];
      const all = Array.from({ length: 20 }, (_, at) => at);
      await Promise.all([mine, mine, theirs].flatMap((each) => all.map((at) => each.put(name(at), bytes(at, 40_000)))));
      for (const each of [mine, theirs]) for (const at of all) expect(Buffer.compare(await each.get(name(at)), bytes(at, 40_000))).toBe(0);
      const commit = commitOf(keys, 1, all.map(name), null);
      await mine.commit(commit);
      await theirs.commit(commit);
      expect((await place.target().missing(all.map((at) => ({ id: name(at), bytes: 40_000 })))).size).toBe(0);
    });

    it('leave nothing of a put that was called off', async () => {
      const { place, target } = await started();
      const calling = new AbortController();
      const putting = target.put(name(1), bytes(1, objectBytes), calling.signal);
      calling.abort(new Error('enough'));
      await expect(putting).rejects.toThrow('enough');
      await expect(target.put(name(2), bytes(2), calling.signal)).rejects.toThrow('enough');
      await expect(target.get(name(2), calling.signal)).rejects.toThrow('enough');
      expect((await place.target().missing([{ id: name(1), bytes: objectBytes }])).size).toBe(1);
      await target.put(name(1), bytes(1, objectBytes));
      expect(Buffer.compare(await target.get(name(1)), bytes(1, objectBytes))).toBe(0);
    });

    it('of an old epoch are gone when the first of the next is in', async () => {
      const { place, target, envelope, repository, ids } = await filled(2);
      const next = await nextEpoch(repository, otherWords, random, cheap);
      await target.putEnvelope(next.envelope, envelope.sum);
      expect((await target.history()).backups).toHaveLength(2);
      expect(await codeOf(target.putEnvelope(envelope, next.envelope.sum))).toBe('backup.forked');
      expect(await codeOf(target.commit(commitOf(keysOf(repository), 3, [], ids[1]!)))).toBe('backup.forked');
      const commit = commitOf(keysOf(next), 3, [], ids[1]!);
      await target.commit(commit);
      expect((await place.target().history()).backups).toMatchObject([commit.head]);
      expect(await codeOf(target.backup(ids[1]!))).toBe('backup.not_found');
    });

    it('are thinned: of many in one day ten stay', async () => {
      const { place, ids } = await filled(3);
      const keys = keysOf(await first);
      const target = place.target();
      let newest = ids[2]!;
      for (let generation = 4; generation <= 14; generation++) {
        place.advance(60_000);
        newest = (await target.commit(commitOf(keys, generation, [], newest))).manifest;
      }
      const kept = (await target.history()).backups.map(({ generation }) => generation);
      expect(kept.slice(0, 10)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
      expect(kept.length).toBeLessThan(14);
    });
  });
}
