import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { EngineFactory } from './engine.ts';
import { at, message, scratchStore, session, task } from './scratch.suite.ts';
import type { StoredJob, StoredPlan, StoredRun } from './store.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

const strings = new URL('../../../../../shared/vectors/strings/blns.json', import.meta.url);
const naughty: string[] = existsSync(strings) ? (JSON.parse(readFileSync(strings, 'utf8')) as string[]) : [];
if (naughty.length === 0) process.stderr.write('skipped: the naughty strings are not beside the repository\n');
const odd = ['\0', 'a\0b', '\ud800', 'x\udc00y', '\ufeffbom', '\u2028', "'; drop table records; --", ...naughty];

/** What the store promises, whichever engine carries it. */
export function storeSuite(name: string, load: EngineFactory): void {
  describe(`store on ${name}`, () => {
    describe('records', () => {
      it('gives back what was put in, every string, number and shape', async () => {
        const { t } = await scratchStore(load);
        const records = odd.map((text, index) =>
          task(`r${index}`, { title: text, notes: text, big: 2 ** 60, exact: Number.MAX_SAFE_INTEGER + 2, deep: { list: [null, true, -0.5, text] } }),
        );
        await Promise.all(records.map((record) => t.records.insert(record)));
        expect(await Promise.all(records.map(({ id }) => t.records.get(id)))).toEqual(records);
      });

      it('keeps 10 MB of text', async () => {
        const { t } = await scratchStore(load);
        const note: StoredRecord = { ...task('big', { title: 'big', body: 'é日 '.repeat(2_500_000) }), type: 'note' };
        await t.records.insert(note);
        expect((await t.records.get('big'))!.fields['body']).toBe(note.fields['body']);
      });

      it('replaces only the version before, and refuses a second record of one id', async () => {
        const { t } = await scratchStore(load);
        await t.records.insert(task('a'));
        expect(await codeOf(t.records.insert(task('a')))).toBe('run.conflict');
        expect(await codeOf(t.records.replace(task('a', {}, { version: 3 })))).toBe('run.conflict');
        expect(await codeOf(t.records.replace(task('a', { title: 'second' }, { version: 2 })))).toBe('done');
        expect(await codeOf(t.records.replace(task('a', { title: 'stale' }, { version: 2 })))).toBe('run.conflict');
        expect(await codeOf(t.records.replace(task('missing', {}, { version: 2 })))).toBe('run.conflict');
        expect((await t.records.get('a'))!.fields['title']).toBe('second');
      });

      it('lists tasks open first and by due time in any offset, undated last, page by page', async () => {
        const { t } = await scratchStore(load);
        const due = { late: '2026-11-21T10:00:00+05:00', early: '2026-11-21T04:00:00Z', day: '2026-11-21', none: null };
        await Promise.all(Object.entries(due).map(([id, dueAt]) => t.records.insert(task(id, { dueAt }))));
        await t.records.insert(task('done', { dueAt: '2020-01-01', status: 'done' }));
        const all: string[] = [];
        for (let after: string | undefined; ;) {
          const page = await t.records.list({ type: 'task', limit: 2, after });
          all.push(...ids(page.records));
          if (!page.next) break;
          after = page.next;
        }
        expect(all).toEqual(['early', 'late', 'day', 'none', 'done']);
        expect(ids((await t.records.list({ type: 'task', status: 'done', limit: 9 })).records)).toEqual(['done']);
        expect(ids((await t.records.list({ type: 'task', limit: 9, after: 'not a cursor' })).records)).toHaveLength(5);
      });

      it('lists events by start and what touches a span; notes by last change', async () => {
        const { t } = await scratchStore(load);
        const event = (id: string, startAt: string, endAt: string): StoredRecord => ({ ...task(id), type: 'event', fields: { title: id, startAt, endAt } });
        await t.records.insertMany([
          event('after', '2026-11-22T10:00:00Z', '2026-11-22T11:00:00Z'),
          event('over', '2026-11-20T10:00:00Z', '2026-11-22T09:00:00Z'),
          event('in', '2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'),
          event('day', '2026-11-21', '2026-11-21'),
          event('before', '2026-11-20T10:00:00Z', '2026-11-21T00:00:00Z'),
        ]);
        const span = { from: '2026-11-21T00:00:00Z', to: '2026-11-22T00:00:00Z' };
        expect(ids((await t.records.list({ type: 'event', ...span, limit: 9 })).records)).toEqual(['over', 'day', 'in']);
        const note = (id: string, updatedAt: string): StoredRecord => ({ ...task(id, {}, { updatedAt }), type: 'note' });
        await t.records.insertMany([note('old', '2026-01-01T00:00:00Z'), note('new', '2026-02-01T00:00:00Z')]);
        expect(ids((await t.records.list({ type: 'note', limit: 9 })).records)).toEqual(['new', 'old']);
        expect(await t.records.counts()).toEqual({ event: 5, note: 2 });
      });

      it('finds by words within a list, and no longer once removed', async () => {
        const { t } = await scratchStore(load);
        await t.records.insertMany([task('a', { title: 'Call the plumber' }), task('b', { title: 'Other', notes: 'the plumber again' }), task('c')]);
        expect(ids((await t.records.list({ type: 'task', query: 'PLUMB', limit: 9 })).records).sort()).toEqual(['a', 'b']);
        await t.records.remove('a');
        expect(ids((await t.records.list({ type: 'task', query: 'plumb', limit: 9 })).records)).toEqual(['b']);
        expect(await t.records.get('a')).toBeNull();
      });

      it('folds the point reads of a tick, missing and repeated ids included', async () => {
        const { t } = await scratchStore(load);
        await t.records.insertMany(Array.from({ length: 250 }, (_, index) => task(`r${index}`)));
        const found = await Promise.all(['r1', 'nobody', 'r1', 'r249'].map((id) => t.records.get(id)));
        expect(found.map((record) => record?.id ?? null)).toEqual(['r1', null, 'r1', 'r249']);
      });
    });

    describe('conversations', () => {
      it('keeps messages in order, pages them, gives the last ones', async () => {
        const { t } = await scratchStore(load);
        await t.sessions.insert(session('s'));
        for (const id of ['m3', 'm1', 'm2']) await t.messages.insert(message(id, 's'));
        expect(ids(await t.messages.list('s', { limit: 2 }))).toEqual(['m3', 'm1']);
        expect(ids(await t.messages.list('s', { limit: 2, after: 'm1' }))).toEqual(['m2']);
        expect(ids(await t.messages.last('s', 2))).toEqual(['m1', 'm2']);
        expect((await t.sessions.get('s'))!.messages).toBe(3);
      });

      it('appends each frame once, whatever is repeated, also when a frame splits a character', async () => {
        const { t } = await scratchStore(load);
        await t.sessions.insert(session('s'));
        await t.messages.insert(message('m', 's', { role: 'assistant', text: '', state: 'streaming' }));
        const applied: boolean[] = [];
        for (const [seq, text] of [
          [2, 'Hi \ud83d'],
          [2, 'again'],
          [3, '\ude00'],
          [1, 'late'],
          [5, '!'],
        ] as const)
          applied.push(await t.messages.appendText('m', seq, text));
        expect(applied).toEqual([true, false, true, false, true]);
        const now = (await t.messages.get('m'))!;
        expect([now.text, now.seq, await t.messages.lastSeq('m'), ids(await t.messages.unfinished())]).toEqual(['Hi 😀!', 5, 5, ['m']]);
        expect((await t.messages.list('s', { limit: 9 })).map(({ seq }) => seq)).toEqual([5]);
        await t.messages.update({ ...now, state: 'done' });
        expect([
          await t.messages.appendText('m', 5, 'x'),
          await t.messages.lastSeq('m'),
          (await t.messages.get('m'))!.text,
          (await t.messages.get('m'))!.seq,
          await t.messages.unfinished(),
        ]).toEqual([false, 5, 'Hi 😀!', undefined, []]);
        expect([await codeOf(t.messages.update(message('missing', 's'))), await codeOf(t.messages.insert(message('x', 'nowhere')))]).toEqual([
          'message.not_found',
          'session.not_found',
        ]);
      });

      it('hides what is removed and takes it back, from search too', async () => {
        const { t, search } = await scratchStore(load);
        await t.sessions.insert(session('s', { title: 'Holidays in Málaga' }));
        await t.messages.insert(message('m', 's', { text: 'ferry to Tangier' }));
        const seen = async () => [
          (await t.messages.get('m'))?.id,
          (await t.sessions.get('s'))?.id,
          ids(await search('ferry', { limit: 5 })),
          ids(await search('malaga', { limit: 5 })),
        ];
        const all = ['m', 's', ['m'], ['s']];
        expect(await seen()).toEqual(all);
        await t.messages.remove('m');
        expect(await seen()).toEqual([undefined, 's', [], ['s']]);
        await t.messages.restore('m');
        await t.sessions.remove('s');
        expect(await seen()).toEqual(['m', undefined, [], []]);
        await t.sessions.restore('s');
        expect(await seen()).toEqual(all);
        expect([await codeOf(t.sessions.remove('x')), await codeOf(t.messages.restore('x')), await codeOf(t.sessions.update(session('x')))]).toEqual([
          'session.not_found',
          'message.not_found',
          'session.not_found',
        ]);
      });

      it('lists conversations by last use', async () => {
        const { t } = await scratchStore(load);
        for (const [id, day] of [
          ['a', '01'],
          ['b', '03'],
          ['c', '02'],
        ] as const)
          await t.sessions.insert(session(id, { updatedAt: `2026-11-${day}T00:00:00Z` }));
        await t.sessions.update(session('a', { title: 'Renamed', updatedAt: '2026-11-04T00:00:00Z' }));
        expect(ids(await t.sessions.list({ limit: 2 }))).toEqual(['a', 'b']);
        expect(ids(await t.sessions.list({ limit: 2, after: 'b' }))).toEqual(['c']);
        expect((await t.sessions.get('a'))!.title).toBe('Renamed');
      });

      it('keeps any text', async () => {
        const { t } = await scratchStore(load);
        await t.sessions.insert(session('s'));
        await Promise.all(odd.map((text, index) => t.messages.insert(message(`m${index}`, 's', { text }))));
        expect((await t.messages.list('s', { limit: 1_000 })).map(({ text }) => text)).toEqual(odd);
      });
    });

    describe('plans, runs, queue and the rest', () => {
      const plan: ExecutionPlan = {
        id: 'p',
        version: 1,
        title: 'A plan',
        steps: [{ action: 'create_record', params: {}, explain: '' }],
        createdAt: at,
        expiresAt: at,
      };
      const stored: StoredPlan = {
        plan,
        hash: 'h'.repeat(64),
        state: 'proposed',
        origin: { kind: 'chat', by: 'task', messageId: null },
        runId: null,
        createdAt: at,
      };
      const run = (id: string, planId: string): StoredRun => ({
        id,
        planId,
        steps: [],
        inverse: [],
        expects: [{ recordId: 'a', version: null, hash: null, createdAt: at }],
        createdAt: at,
        undoneAt: null,
        undoRunId: null,
      });

      it('decides a plan once', async () => {
        const { t, tx } = await scratchStore(load);
        await t.plans.insert(stored);
        expect(await codeOf(t.plans.insert(stored))).toBe('plan.changed');
        const decide = (id: string) =>
          tx(async (inside) => {
            await inside.records.insert(task(id));
            await inside.plans.setState('p', 'approved', id);
            await inside.runs.insert(run(id, 'p'));
          });
        expect((await Promise.all([decide('r1'), decide('r2')].map(codeOf))).sort()).toEqual(['done', 'plan.decided']);
        expect([await t.records.counts(), (await t.runs.byPlan('p'))!.id, await t.plans.get('p')]).toEqual([
          { task: 1 },
          'r1',
          { ...stored, state: 'approved', runId: 'r1' },
        ]);
        expect(await codeOf(t.plans.setState('nobody', 'rejected'))).toBe('plan.not_found');
      });

      it('undoes a run once', async () => {
        const { t } = await scratchStore(load);
        await t.runs.insert(run('r', 'p'));
        await t.runs.markUndone('r', at, 'u');
        expect([await codeOf(t.runs.markUndone('r', at, 'v')), await codeOf(t.runs.markUndone('x', at, 'v'))]).toEqual(['run.undone', 'run.not_found']);
        expect(await t.runs.get('r')).toEqual({ ...run('r', 'p'), undoneAt: at, undoRunId: 'u' });
      });

      it('lists plans, runs and activity newest first', async () => {
        const { t } = await scratchStore(load);
        for (const id of ['1', '2', '3']) {
          await t.plans.insert({ ...stored, plan: { ...plan, id } });
          await t.runs.insert(run(id, id));
          await t.activity.insert({ id, at, kind: 'records', verb: 'created', recordType: 'task', recordId: id === '2' ? 'x' : null, label: id, runId: null });
        }
        await t.plans.setState('2', 'rejected');
        expect((await t.plans.list({ limit: 2, after: '3' })).map(({ plan: { id } }) => id)).toEqual(['2', '1']);
        expect((await t.plans.list({ state: 'proposed', limit: 9 })).map(({ plan: { id } }) => id)).toEqual(['3', '1']);
        expect(ids(await t.runs.list({ limit: 1, after: '2' }))).toEqual(['1']);
        expect(ids(await t.activity.list({ limit: 9 }))).toEqual(['3', '2', '1']);
        expect(ids(await t.activity.list({ recordId: 'x', limit: 9 }))).toEqual(['2']);
      });

      it('keeps queue jobs in order with their payload', async () => {
        const { t } = await scratchStore(load);
        const job = (id: string): StoredJob => ({
          id,
          kind: 'chat',
          sessionId: null,
          messageId: null,
          label: 'x',
          state: 'waiting',
          attempts: 0,
          createdAt: at,
          nextTryAt: null,
          problem: null,
          payload: { text: '\ud800' },
        });
        await t.queue.insert(job('b'));
        await t.queue.insert(job('a'));
        await t.queue.update({ ...job('a'), state: 'needs_you' });
        expect([await t.queue.list(), await t.queue.counts()]).toEqual([
          [job('b'), { ...job('a'), state: 'needs_you' }],
          { waiting: 1, needsYou: 1, running: 0 },
        ]);
        expect([await t.queue.remove('a'), await t.queue.remove('a'), await t.queue.get('a'), await codeOf(t.queue.update(job('a')))]).toEqual([
          true,
          false,
          null,
          'queue.not_found',
        ]);
      });

      it('keeps settings, what was sent, and documents', async () => {
        const { t } = await scratchStore(load);
        for (const value of [{ a: [1] }, null, false, 'text\0']) {
          await t.settings.set('k', value);
          expect(await t.settings.get('k')).toEqual(value);
        }
        await t.settings.remove('k');
        await t.sent.put('m', 'host', { q: 1 });
        await t.sent.put('m', 'host', { q: 2 });
        const document = { id: 'd', collection: 'documents', title: 'Lease', text: 'about the flat', createdAt: at };
        await t.documents.insert(document);
        expect([await t.settings.get('k'), await t.sent.get('m'), await t.sent.get('x'), await t.documents.get('d'), await t.documents.count()]).toEqual([
          undefined,
          { host: 'host', request: { q: 2 } },
          null,
          document,
          1,
        ]);
        await t.documents.remove('d');
        expect(await t.documents.get('d')).toBeNull();
      });
    });

    describe('digest', () => {
      it('is equal for equal content however it came to be, and changes with any of it', async () => {
        const [one, two] = [await scratchStore(load), await scratchStore(load)];
        await one.t.records.insertMany([task('a'), task('b')]);
        await two.t.records.insert(task('b'));
        await two.t.records.insert(task('x'));
        await two.t.records.remove('x');
        await two.t.records.insert({ ...task('a'), fields: Object.fromEntries(Object.entries(task('a').fields).reverse()) });
        await two.t.settings.set('device.token', 'secret of this device');
        const digest = await one.digest();
        expect(await two.digest()).toBe(digest);
        expect(digest).toMatch(/^[0-9a-f]{64}$/);
        const changes = [
          () => two.t.records.replace(task('a', { title: 'other' }, { version: 2 })),
          () => two.t.settings.set('draft:new', 'x'),
          () => two.t.sessions.insert(session('s')),
          () => two.t.messages.insert(message('m', 's')),
          () => two.t.messages.appendText('m', 1, 'x'),
          () => two.t.sessions.remove('s'),
        ];
        const seen = new Set([digest]);
        for (const change of changes) {
          await change();
          seen.add(await two.digest());
        }
        expect(seen.size).toBe(changes.length + 1);
      });

      it('reads over more rows than one page', async () => {
        const [one, two] = [await scratchStore(load), await scratchStore(load)];
        const records = Array.from({ length: 1_201 }, (_, index) => task(`r${index}`));
        await one.tx((t) => t.records.insertMany(records));
        await two.tx((t) => t.records.insertMany(records.toReversed()));
        expect(await one.digest()).toBe(await two.digest());
        await two.t.records.remove('r1200');
        expect(await one.digest()).not.toBe(await two.digest());
      });
    });
  });
}
