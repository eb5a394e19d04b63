import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, terminalIn, type Given } from './terminal.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'adiuva-cli-backup-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = terminalIn(folder);

const secret = 'a passphrase for tests';
const here: Given = { env: { ADIUVA_PASSPHRASE: secret } };
const json = async (args: string[], given: Given = here) => {
  const ended = await run([...args, '--json'], given);
  expect(ended).toMatchObject({ code: 0, error: '' });
  return JSON.parse(ended.out);
};
const titles = async (given: Given = here) =>
  ((await json(['records', 'list', 'note'], given)).records as { fields: { title: string } }[]).map(({ fields }) => fields.title).toSorted();
const note = (title: string) => json(['records', 'add', 'note', '--fields', JSON.stringify({ title })]);

describe('backups to a folder from the command line', { timeout: 60_000 }, () => {
  let phrase = '';
  const first = { id: '' };
  beforeAll(async () => {
    phrase = (await json(['init'])).recoveryPhrase;
    await note('the first note');
  });

  it('backs up to a folder named from where the user stands, and lists it', async () => {
    const made = await json(['backup', 'create', '--to', 'disk']);
    expect(made).toMatchObject({ id: expect.any(String), generation: 1, kind: 'base', target: { kind: 'folder', path: join(folder, 'disk') } });
    first.id = made.id;
    expect(readdirSync(join(folder, 'disk'))).toContain('adiuva-backup.json');
    expect(await json(['backup', 'list', '--from', 'disk'])).toMatchObject({ backups: [{ id: made.id, generation: 1, newest: true }] });
    expect((await json(['status'])).lastBackup).toBe(made.createdAt);
  });

  it('sends only what is new, and says so with --progress on stderr', async () => {
    await note('the second note');
    const ended = await run(['backup', 'create', '--to', 'disk', '--progress', '--json'], here);
    expect([ended.code, JSON.parse(ended.out).kind]).toEqual([0, 'increment']);
    expect(ended.error).toMatch(/^backup \w+/m);
  });

  it('verifies everything of a folder, and proves a restore', async () => {
    const report = await json(['backup', 'verify', '--from', 'disk']);
    expect(report).toMatchObject({ ok: true, scope: 'full', generation: 2 });
    expect(report.objectsRead).toBe(report.objectsTotal);
    expect((await json(['backup', 'drill', '--from', 'disk'])).lastProvenRestore).toEqual(expect.any(String));
    expect((await json(['status'])).lastProvenRestore).toEqual(expect.any(String));
  });

  it('takes a name that begins with a hyphen for a name', async () => {
    const ended = await run(['backup', 'restore', `-${'x'.repeat(42)}`, '--from', 'disk', '--yes', '--json'], here);
    expect([ended.code, codeOf(ended)]).toEqual([1, 'backup.not_found']);
  });

  it('does not restore over a vault unasked', async () => {
    for (const given of [here, { ...here, watched: true }]) {
      const ended = await run(['backup', 'restore', '--from', 'disk', '--json'], given);
      expect([ended.code, ended.out, codeOf(ended)]).toEqual([2, '', 'usage.invalid']);
    }
    const unwatched = await run(['backup', 'restore', '--from', 'disk'], here);
    expect([unwatched.code, unwatched.out]).toEqual([2, '']);
    const no = await run(['backup', 'restore', first.id, '--from', 'disk'], { ...here, watched: true, typed: ['n'] });
    expect([no.code, no.out]).toEqual([1, '']);
    expect(no.error).toMatch(/fingerprint[\s\S]*the second note/);
    expect(await titles()).toEqual(['the first note', 'the second note']);
  });

  it('restores an older backup, tells what went, and takes it back', async () => {
    const restored = await json(['backup', 'restore', first.id, '--from', 'disk', '--yes']);
    expect(restored).toMatchObject({
      restored: { id: first.id, generation: 1 },
      counts: expect.arrayContaining([{ table: expect.any(String), here: expect.any(Number), there: expect.any(Number) }]),
      won: { total: expect.any(Number), first: expect.any(Array) },
      undoUntil: expect.any(String),
    });
    expect(restored.lost.first.map(({ title }: { title: string }) => title)).toContain('the second note');
    expect(await titles()).toEqual(['the first note']);
    const undone: boolean[] = [];
    const seen: string[][] = [];
    for (let times = 0; times < 3; times++) {
      undone.push((await json(['backup', 'undo'])).undone);
      seen.push(await titles());
    }
    expect(undone).toEqual([true, false, true]);
    expect(seen).toEqual([['the first note', 'the second note'], ['the first note'], ['the first note', 'the second note']]);
  });

  it('makes the vault of a new device from words alone, with equal content', async () => {
    const there: Given = { env: { ADIUVA_HOME: join(folder, 'second'), ADIUVA_PASSPHRASE: 'another passphrase', ADIUVA_RECOVERY_PHRASE: phrase } };
    const wrong = await run(['backup', 'restore', '--from', 'disk', '--json'], {
      env: { ...there.env, ADIUVA_RECOVERY_PHRASE: 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about' },
    });
    expect([wrong.code, codeOf(wrong)]).toEqual([3, 'backup.wrong_phrase']);
    const restored = await json(['backup', 'restore', '--from', 'disk'], there);
    expect(restored).toMatchObject({ restored: { generation: 2 }, won: { total: 2 }, lost: { total: 0, first: [] }, undoUntil: null });
    expect(restored.won.first.map(({ title }: { title: string }) => title)).toEqual(['the first note', 'the second note']);
    expect(restored.counts).toEqual(expect.arrayContaining([{ table: 'records', here: 0, there: 2 }]));
    expect(await titles({ env: { ...there.env, ADIUVA_RECOVERY_PHRASE: '' } })).toEqual(['the first note', 'the second note']);
    const [a, b] = await Promise.all([json(['doctor']), json(['doctor'], { env: { ...there.env, ADIUVA_RECOVERY_PHRASE: '' } })]);
    expect(b.digest).toBe(a.digest);
  });

  it('takes the place of a vault whose store is damaged, with the words alone, and keeps the damaged files', async () => {
    const home = join(folder, 'broken');
    cpSync(join(folder, 'second'), home, { recursive: true });
    cpSync(join(folder, 'disk'), join(folder, 'disk-too'), { recursive: true });
    const there: Given = { env: { ADIUVA_HOME: home, ADIUVA_PASSPHRASE: 'a third passphrase', ADIUVA_RECOVERY_PHRASE: phrase } };
    const store = join(home, 'store.db');
    const whole = readFileSync(store);
    const damaged = Buffer.from(whole).fill(7, 200, 300);
    writeFileSync(store, damaged);
    const unasked = await run(['backup', 'restore', '--from', 'disk-too', '--json'], there);
    expect([unasked.code, codeOf(unasked)]).toEqual([2, 'usage.invalid']);
    const no = await run(['backup', 'restore', '--from', 'disk-too'], { ...there, watched: true, typed: ['n'] });
    expect([no.code, no.error]).toEqual([
      1,
      expect.stringContaining(`The data file is damaged. A backup takes its place; the damaged files stay in ${join(home, 'damaged')}`),
    ]);
    expect(readFileSync(store).equals(damaged)).toBe(true);
    expect(await json(['backup', 'restore', '--from', 'disk-too', '--yes'], there)).toMatchObject({
      restored: { generation: 2 },
      won: { total: 2 },
      undoUntil: null,
    });
    const opened = { env: { ...there.env, ADIUVA_RECOVERY_PHRASE: '' } };
    expect(await titles(opened)).toEqual(['the first note', 'the second note']);
    expect(await json(['doctor'], opened)).toMatchObject({ ok: true });
    const [place] = readdirSync(join(home, 'damaged'));
    expect(readFileSync(join(home, 'damaged', place!, 'store.db')).equals(damaged)).toBe(true);
    expect((await json(['backup', 'create', '--to', 'disk-too'], opened)).generation).toBe(3);
  });

  it('restores the backup of another vault with the words of that one', async () => {
    const third: Given = { env: { ADIUVA_HOME: join(folder, 'third'), ADIUVA_PASSPHRASE: secret } };
    await json(['init'], third);
    const without = await run(['backup', 'restore', '--from', 'disk', '--yes', '--json'], third);
    expect([without.code, codeOf(without)]).toEqual([3, 'backup.wrong_phrase']);
    await json(['backup', 'restore', '--from', 'disk', '--yes'], { env: { ...third.env, ADIUVA_RECOVERY_PHRASE: phrase } });
    expect(await titles(third)).toEqual(['the first note', 'the second note']);
  });

  it('is cancelled by an interrupt: exit 1, and the next one goes on', async () => {
    await note('the third note');
    const interrupt = new AbortController();
    const ended = await run(['backup', 'create', '--to', 'elsewhere', '--progress', '--json'], {
      ...here,
      signal: interrupt.signal,
      onError: () => interrupt.abort(new Error('interrupted')),
    });
    const last = ended.error.trimEnd().split('\n').at(-1)!;
    expect([ended.code, ended.out, JSON.parse(last).error.code]).toEqual([1, '', 'backup.cancelled']);
    expect(await json(['backup', 'create', '--to', 'elsewhere'])).toMatchObject({ generation: 1 });
  });

  it('keeps a schedule', async () => {
    expect(await json(['backup', 'schedule', 'daily', '--to', 'disk'])).toMatchObject({
      every: 'daily',
      target: { kind: 'folder', path: join(folder, 'disk') },
    });
    expect(await json(['backup', 'schedule', 'off'])).toMatchObject({ every: 'off' });
    const often = await run(['backup', 'schedule', 'hourly', '--json'], here);
    expect([often.code, codeOf(often)]).toEqual([2, 'usage.invalid']);
  });

  it('gives new words for lost ones; the old ones open nothing there any more', async () => {
    const { recoveryPhrase } = await json(['backup', 'new-phrase', '--because', 'lost']);
    expect(recoveryPhrase.split(' ')).toHaveLength(12);
    const home = (words: string): Given => ({
      env: { ADIUVA_HOME: join(folder, 'fourth'), ADIUVA_PASSPHRASE: secret, ADIUVA_RECOVERY_PHRASE: words },
    });
    const old = await run(['backup', 'restore', '--from', 'disk', '--json'], home(phrase));
    expect([old.code, codeOf(old)]).toEqual([3, 'backup.wrong_phrase']);
    await json(['backup', 'restore', '--from', 'disk'], home(recoveryPhrase));
    const refused = await run(['backup', 'new-phrase', '--because', 'bored', '--json'], here);
    expect([refused.code, codeOf(refused)]).toEqual([2, 'usage.invalid']);
  });

  it('deletes a restore point, and tells a missing one', async () => {
    expect(await json(['backup', 'delete', first.id, '--from', 'disk'])).toEqual({ deleted: first.id });
    expect((await json(['backup', 'list', '--from', 'disk'])).backups.map(({ id }: { id: string }) => id)).not.toContain(first.id);
    const gone = await run(['backup', 'restore', first.id, '--from', 'disk', '--yes', '--json'], here);
    expect([gone.code, codeOf(gone)]).toEqual([1, 'backup.not_found']);
    expect(await json(['backup', 'list', '--from', 'nowhere'])).toMatchObject({ backups: [] });
    const nothing = await run(['backup', 'restore', '--from', 'nowhere', '--yes', '--json'], here);
    expect([nothing.code, codeOf(nothing), existsSync(join(folder, 'nowhere'))]).toEqual([1, 'backup.missing', false]);
    const kept = await run(['backup', 'undo', '--json'], { env: { ADIUVA_HOME: join(folder, 'second'), ADIUVA_PASSPHRASE: 'another passphrase' } });
    expect([kept.code, codeOf(kept)]).toEqual([1, 'backup.nothing_kept']);
  });

  it('fails to verify what was damaged, with exit 1 and the part named', async () => {
    const objects = join(folder, 'disk', 'objects');
    const file = readdirSync(objects, { recursive: true, withFileTypes: true }).find((entry) => entry.isFile())!;
    const path = join(file.parentPath, file.name);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes, { mode: 0o600 });
    const ended = await run(['backup', 'verify', '--from', 'disk', '--json'], here);
    expect([ended.code, JSON.parse(ended.out)]).toMatchObject([1, { ok: false, faults: [{ problem: { code: 'backup.corrupt' } }] }]);
    expect(await titles()).toEqual(['the first note', 'the second note', 'the third note']);
  });

  it('needs an account for the cloud', async () => {
    const ended = await run(['backup', 'create', '--json'], here);
    expect([ended.code, codeOf(ended)]).toEqual([5, 'auth.required']);
  });
});
