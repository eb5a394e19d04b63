import { describe, expect, it } from 'vitest';
import { codeOf, digestOf, fill, home, livedIn, passphrase, place } from './two-homes.suite.ts';

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
    const [id] = await fill(one, 10);
    const before = await digestOf(one);
    await one.api['backup.create']({ target: there, full: false });
    await one.api['records.delete']({ id: id! });
    await fill(one, 2, 'later');
    const after = await digestOf(one);
    const preview = await one.api['backup.prepare']({ target: there });
    expect(preview).toMatchObject({ newestKnown: true, deviceName: 'test', won: { total: 1 }, lost: { total: 2 } });
    const state = await one.api['backup.restore'](undefined);
    expect(state.kept).not.toBeNull();
    expect(await digestOf(one)).toBe(before);
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ kind: 'increment' });
    await one.api['backup.undoRestore'](undefined);
    expect(await digestOf(one)).toBe(after);
    expect(await one.api['backup.create']({ target: there, full: false })).toMatchObject({ generation: 3 });
    expect(await one.api['backup.verify']({ target: there, full: true })).toMatchObject({ ok: true });
  });

  it('is proven by a drill', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 10);
    await one.api['backup.create']({ target: there, full: false });
    expect((await one.api['backup.drill']({ target: there })).lastProvenRestore).toBe(new Date(one.clock.now()).toISOString());
    expect(await one.api['status.get'](undefined)).toMatchObject({ lastBackup: expect.any(String), lastProvenRestore: expect.any(String) });
  });

  it('restores on a device that has nothing but the words', async () => {
    const there = place();
    const one = await livedIn();
    await fill(one, 30);
    await one.api['backup.create']({ target: there, full: false });
    await fill(one, 3);
    await one.api['backup.create']({ target: there, full: false });
    const two = await home();
    expect(await codeOf(two.api['backup.open']({ target: there, phrase: 'legal winner thank year wave sausage worth useful legal winner thank yellow' }))).toBe(
      'backup.wrong_phrase',
    );
    const { backups } = await two.api['backup.open']({ target: there, phrase: one.words });
    expect(backups).toHaveLength(2);
    await two.api['backup.restoreHere']({ passphrase });
    expect(await digestOf(two)).toBe(await digestOf(one));
  });
});
