import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackupState } from '../../bridge/shapes.ts';
import type { Parts } from '../parts.ts';
import { openVault } from '../store/vault.ts';
import { cheap, otherWords } from './backup-world.suite.ts';
import { codeOf, digestOf, fill, folder, home, livedIn, passphrase, place, type Home } from './two-homes.suite.ts';

describe('a backup to a folder', () => {
  it('is a base first, then what changed, and nothing where nothing did', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 30);
    const first = await one.api['backup.create']({ target: there, full: false });
    expect(first).toMatchObject({ kind: 'base', generation: 1 });
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ kind: 'none', id: first.id });
    await fill(one, 1);
    const second = await one.api['backup.create']({ target: there, full: false });
    expect(second).toMatchObject({ kind: 'increment', generation: 2 });
    expect(await one.api['backup.verify']({ target: there, full: true })).toMatchObject({ ok: true, faults: [], scope: 'full' });
    expect(await one.api['backup.verify']({ target: there, full: false })).toMatchObject({ ok: true, faults: [], scope: 'sample' });
  });

  it('goes back to how things were, and forth again', async () => {
    const there = place();
    const one = await livedIn();
    await one.api['settings.set']({ autoLockMinutes: 0 });
    const [id] = await fill(one, 10);
    const before = await digestOf(one);
    await one.api['backup.create']({ target: there, full: false });
    await one.api['records.delete']({ id: id! });
    await fill(one, 2, 'later');
    const after = await digestOf(one);
    const preview = await one.api['backup.prepare']({ target: there });
    expect(preview).toMatchObject({ newestKnown: true, deviceName: 'test', won: { total: 1 }, lost: { total: 2 } });
    await one.api['backup.schedule']({ every: 'daily', target: there });
    const state = await one.api['backup.restore'](undefined);
    expect(state).toMatchObject({ kept: expect.anything(), places: [{ last: { generation: 2 } }] });
    expect(await digestOf(one)).toBe(before);
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 3 });
    await one.api['backup.undoRestore'](undefined);
    expect(await digestOf(one)).toBe(after);
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 4 });
    expect(await one.api['backup.verify']({ target: there, full: true })).toMatchObject({ ok: true });
    expect((await one.api['doctor.run'](undefined)).checks.filter(({ ok }) => !ok)).toEqual([]);
    await one.clock.advance(3 * 86_400_000);
    expect((await one.api['doctor.run'](undefined)).checks.filter(({ ok }) => !ok)).toMatchObject([{ name: 'newest backup is recent' }]);
  });

  it('by itself is off until a place is chosen, also on a device that was restored from a folder', async () => {
    const off = { every: 'off', target: null, nextAt: null };
    const there = place();
    const one = await livedIn();
    expect((await one.api['backup.state'](undefined)).automatic).toEqual(off);
    expect(await codeOf(one.api['backup.schedule']({ every: 'daily', target: null }))).toBe('request.invalid');
    await one.api['backup.schedule']({ every: 'weekly', target: there });
    expect((await one.api['backup.state'](undefined)).automatic).toMatchObject({ every: 'weekly', target: there, nextAt: expect.any(String) });
    await one.api['backup.create']({ target: there, full: false });
    const two = await home();
    await two.api['backup.open']({ target: there, phrase: one.words });
    await two.api['backup.restoreHere']({ passphrase });
    expect((await two.api['backup.state'](undefined)).automatic).toEqual(off);
  });

  it('is one moment of the store, however busily it is written, and a drill proves it', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 20);
    let writing = true;
    const writer = (async () => {
      while (writing) await fill(one, 1, 'meanwhile');
    })();
    await one.api['backup.create']({ target: there, full: false });
    await one.api['backup.create']({ target: there, full: false });
    writing = false;
    await writer;
    const now = new Date(one.clock.now()).toISOString();
    expect((await one.api['backup.drill']({ target: there })).lastProvenRestore).toBe(now);
    expect(await one.api['status.get'](undefined)).toMatchObject({ lastBackup: now, lastProvenRestore: now });
    expect((await one.api['doctor.run'](undefined)).checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('restores on a device that has nothing but the words', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 30);
    await one.api['backup.create']({ target: there, full: false });
    await fill(one, 3);
    await one.api['backup.create']({ target: there, full: false });
    const two = await home();
    expect(await codeOf(two.api['backup.open']({ target: there, phrase: otherWords }))).toBe('backup.wrong_phrase');
    const { backups } = await two.api['backup.open']({ target: there, phrase: one.words });
    expect(backups).toHaveLength(2);
    await two.api['backup.restoreHere']({ passphrase });
    expect(await digestOf(two)).toBe(await digestOf(one));
  });
});

describe('several devices at one place', () => {
  /** A device, and another one made from its backup. */
  async function two() {
    const there = place();
    const one = await livedIn();
    await fill(one, 5);
    await one.api['backup.create']({ target: there, full: false });
    const other = await home();
    await other.api['backup.open']({ target: there, phrase: one.words });
    await other.api['backup.restoreHere']({ passphrase });
    return { there, one, other };
  }

  it('fork where both go on, and the user decides which does', async () => {
    const { there, one, other } = await two();
    await fill(other, 1);
    expect(await other.api['backup.create']({ target: there, full: false })).toMatchObject({ kind: 'base', generation: 2 });
    await fill(one, 1);
    expect(await codeOf(one.api['backup.create']({ target: there, full: false }))).toBe('backup.forked');
    const { places } = await one.api['backup.state'](undefined);
    expect(places[0]?.lastProblem?.code).toBe('backup.forked');
    expect((await one.api['backup.takeOver']({ target: there })).places[0]?.lastProblem).toBeNull();
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ kind: 'base', generation: 3 });
    expect(await codeOf(other.api['backup.create']({ target: there, full: false }))).toBe('backup.forked');
    expect(await one.api['backup.verify']({ target: there, full: true })).toMatchObject({ ok: true });
  });

  it('see that an older backup was put back, and still restore it by name', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 5);
    const { id } = await one.api['backup.create']({ target: there, full: false });
    const old = join(folder(), 'copy');
    cpSync(there.path, old, { recursive: true });
    await fill(one, 2);
    await one.api['backup.create']({ target: there, full: false });
    rmSync(there.path, { recursive: true });
    cpSync(old, there.path, { recursive: true });
    await fill(one, 1);
    expect(await codeOf(one.api['backup.create']({ target: there, full: false }))).toBe('backup.rolled_back');
    expect(await codeOf(one.api['backup.prepare']({ target: there }))).toBe('backup.rolled_back');
    expect(await one.api['backup.prepare']({ target: there, id })).toMatchObject({ newestKnown: false, lost: { total: 3 } });
    await one.api['backup.discard'](undefined);
    await one.api['backup.takeOver']({ target: there });
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 2 });
  });

  it('refuse a place with the backups of another vault, and restore from it with its words', async () => {
    const { there, one } = await two();
    const stranger = await livedIn();
    await fill(stranger, 2, 'mine');
    expect(await codeOf(stranger.api['backup.create']({ target: there, full: false }))).toBe('backup.forked');
    expect(await codeOf(stranger.api['backup.prepare']({ target: there }))).toBe('backup.wrong_phrase');
    expect(await stranger.api['backup.prepare']({ target: there, phrase: one.words })).toMatchObject({ won: { total: 5 }, lost: { total: 2 } });
    await stranger.api['backup.restore'](undefined);
    expect(await digestOf(stranger)).toBe(await digestOf(one));
    await fill(stranger, 1);
    expect(await stranger.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 2 });
  });

  it('are under the words of the vault also where a restore with other words was cut off right after its swap', async () => {
    const [there, next] = [place(), place()];
    const other = await livedIn();
    await fill(other, 3);
    await other.api['backup.create']({ target: there, full: false });
    const cutOff = folder();
    const openVaultCut: Parts['openVault'] = (options) => {
      const vault = openVault({ ...options, slotCost: cheap });
      const stage: typeof vault.stage = async (build) => {
        const staged = await vault.stage(build);
        const swap: typeof staged.swap = async (how) => {
          const store = await staged.swap(how);
          cpSync(options.dataDir, cutOff, { recursive: true });
          return store;
        };
        return { ...staged, swap };
      };
      return { ...vault, stage };
    };
    const one = await livedIn({ parts: { openVault: openVaultCut } });
    await one.api['backup.prepare']({ target: there, phrase: other.words });
    await one.api['backup.restore'](undefined);

    const after = await home({ dataDir: cutOff });
    expect(await codeOf(after.api['vault.unlock']({ with: 'phrase', phrase: one.words }))).toBe('vault.wrong_phrase');
    await after.api['vault.unlock']({ with: 'phrase', phrase: other.words });
    expect(await digestOf(after)).toBe(await digestOf(other));
    expect(await after.api['backup.state'](undefined)).toMatchObject({ ready: true, kept: { undone: false } });
    await after.api['backup.create']({ target: next, full: false });
    const two = await home();
    expect(await codeOf(two.api['backup.open']({ target: next, phrase: one.words }))).toBe('backup.wrong_phrase');
    expect((await two.api['backup.open']({ target: next, phrase: other.words })).backups).toHaveLength(1);
  });

  it('go on after a backup was deleted', async () => {
    const { there, one } = await two();
    await fill(one, 1);
    const { id } = await one.api['backup.create']({ target: there, full: false });
    await one.api['backup.delete']({ target: there, id });
    await fill(one, 1);
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 3 });
    expect((await one.api['backup.list']({ target: there })).backups.map(({ generation }) => generation)).toEqual([3, 1]);
  });
});

describe('what cannot be opened', () => {
  it('says why: wrong words, damaged, missing and newer are four things', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 1);
    await one.api['backup.create']({ target: there, full: false });
    const two = await home();
    const open = (phrase = one.words) => codeOf(two.api['backup.open']({ target: there, phrase }));
    const envelope = join(there.path, 'envelope.json');
    const good = readFileSync(envelope, 'utf8');
    expect(await open(otherWords)).toBe('backup.wrong_phrase');
    expect(await open('twelve words that are none')).toBe('vault.phrase_invalid');
    writeFileSync(envelope, good.replace('"timeCost":3', '"timeCost":4'));
    expect(await open()).toBe('backup.corrupt');
    writeFileSync(envelope, good.replace('"version":1,', '"version":2,'));
    expect(await open()).toBe('backup.newer');
    rmSync(envelope);
    expect(await open()).toBe('backup.missing');
    writeFileSync(envelope, good);
    expect(await open()).toBe('nothing thrown');
    expect(await codeOf(two.api['backup.open']({ target: { kind: 'folder', path: join(two.dataDir, 'inside') }, phrase: one.words }))).toBe('request.invalid');
  });

  it('is found by a full check, object by object, and never restored', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 5);
    await one.api['backup.create']({ target: there, full: false });
    const before = await digestOf(one);
    const file = readdirSync(join(there.path, 'objects'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted((a, b) => statSync(b).size - statSync(a).size)[0]!;
    const bytes = readFileSync(file);
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(file, bytes);
    const result = await one.api['backup.verify']({ target: there, full: true });
    expect(result).toMatchObject({ ok: false, faults: [{ object: basename(file), problem: { code: 'backup.corrupt' } }] });
    expect(await codeOf(one.api['backup.prepare']({ target: there }))).toBe('backup.corrupt');
    expect(await codeOf(one.api['backup.drill']({ target: there }))).toBe('backup.corrupt');
    expect(await digestOf(one)).toBe(before);
    expect(readdirSync(one.dataDir).filter((name) => name.includes('restored'))).toEqual([]);
  });
});

describe('new words', () => {
  it('for lost ones open the same backups, the old ones nothing', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 3);
    const { id } = await one.api['backup.create']({ target: there, full: false });
    expect(await codeOf(one.api['backup.newPhrase']({ passphrase: 'another one', because: 'lost' }))).toBe('vault.wrong_secret');
    const { recoveryPhrase } = await one.api['backup.newPhrase']({ passphrase, because: 'lost' });
    const two = await home();
    expect(await codeOf(two.api['backup.open']({ target: there, phrase: one.words }))).toBe('backup.wrong_phrase');
    expect((await two.api['backup.open']({ target: there, phrase: recoveryPhrase })).backups).toMatchObject([{ id }]);
    await two.api['backup.restoreHere']({ passphrase });
    expect(await digestOf(two)).toBe(await digestOf(one));
    await one.api['vault.lock'](undefined);
    expect(await codeOf(one.api['vault.unlock']({ with: 'phrase', phrase: one.words }))).toBe('vault.wrong_phrase');
    expect((await one.api['vault.unlock']({ with: 'phrase', phrase: recoveryPhrase })).state).toBe('open');
  });

  it('for exposed ones seal everything anew, and reach a place that was away as soon as it is back', { timeout: 120_000 }, async () => {
    const [there, away] = [place(), place()];
    const one = await livedIn();
    // Minutes pass by the dozen while real work is done.
    await one.api['settings.set']({ autoLockMinutes: 0 });
    await fill(one, 3);
    await one.api['backup.create']({ target: there, full: false });
    await one.api['backup.create']({ target: away, full: false });
    renameSync(away.path, `${away.path}.away`);
    const { recoveryPhrase } = await one.api['backup.newPhrase']({ passphrase, because: 'exposed' });
    const two = await home();
    expect(await codeOf(two.api['backup.open']({ target: there, phrase: one.words }))).toBe('backup.wrong_phrase');
    expect((await two.api['backup.open']({ target: there, phrase: recoveryPhrase })).backups).toMatchObject([{ generation: 2 }]);
    const placeOf = () =>
      statesOf(one)
        .at(-1)
        ?.places.find(({ target }) => target.kind === 'folder' && target.path === away.path);
    expect(placeOf()?.lastProblem?.code).toBe('backup.unreachable');
    renameSync(`${away.path}.away`, away.path);
    await expect.poll(async () => (await settled(one), placeOf()?.lastProblem ?? null), { timeout: 90_000 }).toBeNull();
    expect((await two.api['backup.open']({ target: away, phrase: recoveryPhrase })).backups).toMatchObject([{ generation: 2 }]);
    await two.api['backup.restoreHere']({ passphrase });
    expect(await digestOf(two)).toBe(await digestOf(one));
  });
});

describe('one task at a time', () => {
  it('a lock in the middle of a restore waits for no one that waits for it', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 2);
    await one.api['backup.create']({ target: there, full: false });
    await fill(one, 1);
    for (const first of ['backup.restore', 'vault.lock'] as const) {
      await one.api['backup.prepare']({ target: there });
      const second = first === 'vault.lock' ? 'backup.restore' : 'vault.lock';
      await Promise.allSettled([one.api[first](undefined), one.api[second](undefined)]);
      await one.api['vault.unlock']({ with: 'passphrase', passphrase });
      expect((await one.api['records.list']({ type: 'note', limit: 10 })).records.length).toBeGreaterThanOrEqual(2);
    }
    expect(readdirSync(one.dataDir).filter((name) => name.includes('restored'))).toEqual([]);
  });

  it('in a process, among processes, and none after a cancel', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 3);
    const beside = await home({ dataDir: one.dataDir, name: 'cli' });
    await beside.api['vault.unlock']({ with: 'passphrase', passphrase });
    const running = one.api['backup.create']({ target: there, full: false });
    expect(await codeOf(one.api['backup.create']({ target: there, full: false }))).toBe('backup.running');
    expect(await codeOf(beside.api['backup.create']({ target: there, full: false }))).toBe('backup.running');
    await running;
    expect(await beside.api['backup.create']({ target: there, full: false })).toMatchObject({ kind: 'none' });
    const cancelled = codeOf(one.api['backup.create']({ target: there, full: true }));
    await one.api['backup.cancel'](undefined);
    expect(await cancelled).toBe('backup.cancelled');
    const left = new AbortController();
    const gone = codeOf(one.api['backup.create']({ target: there, full: true }, left.signal));
    left.abort();
    expect(await gone).toBe('backup.cancelled');
    expect((await one.api['backup.state'](undefined)).running).toBeNull();
    expect(one.events.filter(({ type }) => type === 'backup.progress').at(-1)?.data).toBeNull();
    await beside.core.close();
  });
});

describe('the schedule', () => {
  it('waits for a pause, makes a backup, checks it, proves a restore, and comes again when something changed', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 3);
    await one.api['settings.set']({ autoLockMinutes: 0 });
    await one.api['backup.schedule']({ every: 'daily', target: there });
    const state = () => statesOf(one).at(-1);
    for (let minute = 0; minute < 3; minute++) await settled(one);
    expect(state()?.lastBackup ?? null).toBeNull();
    await expect.poll(async () => (await settled(one), state()?.lastProvenRestore ?? null), { timeout: 20_000 }).not.toBeNull();
    expect(state()?.places).toMatchObject([{ last: { generation: 1 }, lastVerified: expect.any(String), lastProblem: null }]);
    await fill(one, 1);
    await one.clock.advance(25 * 3_600_000);
    await expect.poll(async () => (await settled(one), state()?.places[0]?.last?.generation), { timeout: 20_000 }).toBe(2);
  });
});

/** A minute passes, and what it began has time to end. */
async function settled({ clock }: Home): Promise<void> {
  await clock.advance(60_000);
  await new Promise((done) => setTimeout(done, 20));
}

const statesOf = ({ events }: Home): BackupState[] => events.flatMap((event) => (event.type === 'backup.changed' ? [event.data] : []));
