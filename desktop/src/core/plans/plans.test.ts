import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { journeyapps } from '../store/engine-journeyapps.ts';
import { multipleCiphers } from '../store/engine-multiple-ciphers.ts';
import { bench, create, origin, planOf, step, task } from './bench.suite.ts';
import { hashOf } from './hash.ts';

const code = (code: ErrorCode) => expect.objectContaining({ code });
const content = (record: StoredRecord | null) => record && { fields: record.fields, createdAt: record.createdAt, type: record.type, id: record.id };

describe.each([
  ['journeyapps', journeyapps],
  ['multiple-ciphers', multipleCiphers],
])('a plan over %s', (_name, engine) => {
  it('creates, changes and deletes records in one go, with activity, and undo brings back exactly what was', async () => {
    const { run, plans, store, record, clock } = await bench(engine);
    const first = await run([task('Invoice', { tags: ['a'] }), create('note', { title: 'Old note', body: 'text' }), create('project', { name: 'House' })]);
    const [taskId, noteId, projectId] = first.steps.map(({ recordId }) => recordId!);
    const before = await Promise.all([taskId, noteId, projectId].map(record));
    await clock.advance(60_000);

    const second = await run([
      step('update_record', { type: 'task', id: taskId, fields: { title: 'Invoice 2', status: 'done' } }),
      step('delete_record', { type: 'note', id: noteId }),
      step('update_record', { type: 'project', id: projectId, fields: { status: 'paused' } }),
      step('update_record', { type: 'task', id: taskId, fields: { title: 'Invoice 3', priority: 'urgent' } }),
    ]);
    expect(second).toMatchObject({
      state: 'done',
      steps: [{ status: 'done', recordId: taskId }, { recordId: noteId }, { recordId: projectId }, { recordId: taskId }],
    });
    expect((await record(taskId))?.fields).toMatchObject({ title: 'Invoice 3', status: 'done', priority: 'urgent', tags: ['a'] });
    expect(await record(noteId)).toBeNull();
    const rows = (await store.t.activity.list({ limit: 10 })).filter(({ runId }) => runId === second.runId);
    expect(rows.map(({ verb, label }) => `${verb} ${label}`).toSorted()).toEqual([
      'changed House',
      'changed Invoice 2',
      'changed Invoice 3',
      'deleted Old note',
    ]);

    const undo = await plans.undo(second.runId);
    expect((await Promise.all([taskId, noteId, projectId].map(record))).map(content)).toEqual(before.map(content));
    expect((await plans.runs({ limit: 9 })).find(({ runId }) => runId === second.runId)).toMatchObject({ state: 'undone', undoRunId: undo.runId });
  });

  it('undo of an undo does it again, any number of times, and the plan says how it stands', async () => {
    const { run, plans, titles } = await bench(engine);
    const done = await run([task('Again')]);
    const stands = async () => (await plans.view(done.planId)).state;
    let last = done;
    for (let round = 0; round < 3; round++) {
      last = await plans.undo(last.runId);
      expect([await titles(), await stands()]).toEqual([[], 'undone']);
      last = await plans.undo(last.runId);
      expect([await titles(), await stands()]).toEqual([['Again'], 'approved']);
      expect((await plans.view(done.planId)).runId).toBe(last.runId);
    }
  });

  it('keeps nothing of fifty steps when any one of them fails, and the plan waits on', { timeout: 120_000 }, async () => {
    const { plans, store } = await bench(engine);
    const good = Array.from({ length: 50 }, (_, i) => task(`Task ${i}`));
    for (let broken = 0; broken < 50; broken++) {
      const steps = good.with(broken, step('delete_record', { type: 'task', id: 'nobody' }));
      const card = await plans.propose(planOf(steps), origin);
      const before = await store.digest();
      await expect(plans.approve(card.plan.id, card.hash)).rejects.toEqual(
        expect.objectContaining({ code: 'plan.step_failed', detail: `step ${broken + 1}: There is no such record` }),
      );
      expect(await store.digest()).toBe(before);
    }
    expect((await plans.list({ state: 'proposed', limit: 100 })).length).toBe(50);
  });

  it('is one run for two approvals at once and any number later', async () => {
    const { plans, titles, events } = await bench(engine);
    const card = await plans.propose(planOf([task('Once'), step('send_notification', { title: 'Done', body: 'Once' })]), origin);
    const runs = await Promise.all([1, 2, 3].map(() => plans.approve(card.plan.id, card.hash)));
    runs.push(await plans.approve(card.plan.id, card.hash));
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(1);
    expect(await titles()).toEqual(['Once']);
    expect(events.filter(({ type }) => type === 'run.changed')).toHaveLength(1);
  });
});

describe('approval', () => {
  it('needs the hash that was shown', async () => {
    const { plans, titles } = await bench();
    const card = await plans.propose(planOf([task('A')]), origin);
    expect(card.hash).toMatch(/^[0-9a-f]{64}$/);
    await expect(plans.approve(card.plan.id, '0'.repeat(64))).rejects.toEqual(code('plan.changed'));
    await expect(plans.approve('nobody', card.hash)).rejects.toEqual(code('plan.not_found'));
    expect([await titles(), (await plans.view(card.plan.id)).state]).toEqual([[], 'proposed']);
  });

  it('does nothing when the row was changed in the database, with or without its hash', async () => {
    const { plans, store, titles } = await bench();
    const shown = planOf([task('Shown')]);
    const hash = await hashOf(shown);
    const swapped = { ...shown, steps: [task('Swapped')] };
    const row = { plan: swapped as never, state: 'proposed', origin, runId: null, createdAt: '2026-11-20T09:00:00Z' } as const;
    await store.t.plans.insert({ ...row, hash });
    await expect(plans.approve(shown.id, hash)).rejects.toEqual(code('plan.changed'));
    const other = { ...swapped, id: 'another' };
    await store.t.plans.insert({ ...row, plan: other as never, hash: await hashOf(other) });
    await expect(plans.approve('another', hash)).rejects.toEqual(code('plan.changed'));
    expect(await titles()).toEqual([]);
  });

  it('waits as long as the user needs: neither an expiry nor a clock off by a year loses a plan', async () => {
    const { plans, clock, titles } = await bench();
    const card = await plans.propose(planOf([task('Late')], { createdAt: '2020-01-01T00:00:00Z', expiresAt: '2020-01-01T01:00:00Z' }), origin);
    const future = await plans.propose(planOf([task('Early')], { createdAt: '2031-01-01T00:00:00Z', expiresAt: '2031-01-02T00:00:00Z' }), origin);
    await clock.advance(366 * 86_400_000);
    await plans.approve(card.plan.id, card.hash);
    await plans.approve(future.plan.id, future.hash);
    expect(new Set(await titles())).toEqual(new Set(['Early', 'Late']));
  });

  it('of a rejected plan is refused; rejecting twice is once; an approved one cannot be rejected', async () => {
    const { plans, titles } = await bench();
    const card = await plans.propose(planOf([task('No')]), origin);
    expect((await plans.reject(card.plan.id)).state).toBe('rejected');
    expect((await plans.reject(card.plan.id)).state).toBe('rejected');
    await expect(plans.approve(card.plan.id, card.hash)).rejects.toEqual(code('plan.decided'));
    const yes = await plans.propose(planOf([task('Yes')]), origin);
    await plans.approve(yes.plan.id, yes.hash);
    await expect(plans.reject(yes.plan.id)).rejects.toEqual(code('plan.decided'));
    expect(await titles()).toEqual(['Yes']);
  });

  it('of edited steps is an approval of a new plan; the old one is void', async () => {
    const { plans, titles, store, events } = await bench();
    const messageId = 'message-1';
    const session = { id: 'session-1', title: 'Talk', createdAt: '2026-11-20T09:00:00Z', updatedAt: '2026-11-20T09:00:00Z', messages: 0 };
    const card = await plans.propose(planOf([task('Keep'), task('Drop')]), { ...origin, messageId });
    await store.t.sessions.insert(session);
    const message = {
      id: messageId,
      sessionId: session.id,
      role: 'assistant',
      text: 'Here',
      state: 'done',
      route: 'local',
      agents: [],
      model: null,
      requestId: null,
    } as const;
    await store.t.messages.insert({ ...message, agents: [], parentId: null, planId: card.plan.id, problem: null, activity: [], createdAt: session.createdAt });
    await expect(plans.edit(card.plan.id, '1'.repeat(64), [task('X')])).rejects.toEqual(code('plan.changed'));
    await expect(plans.edit(card.plan.id, card.hash, [step('update_record', { type: 'task', id: 'x', fields: { nope: 1 } })])).rejects.toEqual(
      code('plan.invalid'),
    );
    const next = await plans.edit(card.plan.id, card.hash, [task('Kept')]);
    expect([next.state, next.hash === card.hash, next.plan.title]).toEqual(['proposed', false, 'A plan']);
    expect((await plans.view(card.plan.id)).state).toBe('replaced');
    await expect(plans.approve(card.plan.id, card.hash)).rejects.toEqual(code('plan.changed'));
    await plans.approve(next.plan.id, next.hash);
    expect(await titles()).toEqual(['Kept']);
    expect((await store.t.messages.get(messageId))?.planId).toBe(next.plan.id);
    expect(events.find(({ type }) => type === 'chat.message')?.data).toMatchObject({ id: messageId, planId: next.plan.id });
  });
});

describe('proposing', () => {
  const steps = (count: number) => Array.from({ length: count }, () => task('x'));
  const invalid: [string, unknown][] = [
    ['nothing', null],
    ['a text', 'plan'],
    ['no steps', planOf([])],
    ['51 steps', planOf(steps(51))],
    ['a step that uses itself', planOf([step('create_record', { type: 'task', fields: { title: '$data.id' } }, { dataFromStep: 0 })])],
    ['a step that uses a later one', planOf([step('create_record', { type: 'task', fields: { title: '$data.id' } }, { dataFromStep: 1 }), task('b')])],
    ['two steps that use each other', planOf([step('llm', { templateId: 'a' }, { dataFromStep: 1 }), step('llm', { templateId: 'a' }, { dataFromStep: 0 })])],
    ['a placeholder from nowhere', planOf([task('$data.title')])],
    ['an unknown action', planOf([step('drop_table' as never, {})])],
    ['an unknown field', planOf([task('a', { colour: 'red' })])],
    ['an unknown record type', planOf([create('virus' as never, {})])],
    ['more than 256 KiB', planOf([create('note', { title: 'x', body: 'y'.repeat(257 * 1024) })])],
    ['a deep nest', planOf([step('llm', { templateId: 'a', variables: JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`) })])],
    ['another version', planOf([task('a')], { version: 2 })],
    ['an extra key', planOf([task('a')], { approved: true })],
  ];
  it.each(invalid)('refuses %s and keeps nothing', async (_what, plan) => {
    const { plans } = await bench();
    await expect(plans.propose(plan, origin)).rejects.toEqual(code('plan.invalid'));
    expect(await plans.list({ limit: 10 })).toEqual([]);
  });

  it('gives the stored plan for the same plan, whatever its state, and refuses another under its id', async () => {
    const { plans } = await bench();
    const plan = planOf([task('A')]);
    const card = await plans.propose(plan, origin);
    await plans.approve(card.plan.id, card.hash);
    expect((await plans.propose(structuredClone(plan), origin)).state).toBe('approved');
    await expect(plans.propose({ ...plan, title: 'Another' }, origin)).rejects.toEqual(code('plan.changed'));
  });

  it('shows before and after of each step as if the earlier ones were done, and what could not be done', async () => {
    const { plans, run, store } = await bench();
    const [made] = (await run([task('Old', { notes: 'n' })])).steps;
    const digest = await store.digest();
    const card = await plans.propose(
      planOf([
        step('update_record', { type: 'task', id: made!.recordId, fields: { title: 'New', notes: 'n' } }),
        step('delete_record', { type: 'task', id: made!.recordId }),
        step('update_record', { type: 'task', id: made!.recordId, fields: { title: 'Too late' } }),
        step('send_notification', { title: 'Hi' }),
        create('event', { title: 'E', startAt: '2026-11-21T10:00:00Z', endAt: '2026-11-21T11:00:00Z' }),
        step('update_record', { type: 'event', id: '$data.id', fields: { title: 'E2' } }, { dataFromStep: 4 }),
      ]),
      origin,
    );
    expect(
      card.steps.map(({ verb, object, diff, problem, reversible, writes }) => ({
        verb,
        object,
        diff: diff.slice(0, 1),
        problem: problem?.code,
        reversible,
        writes,
      })),
    ).toEqual([
      { verb: 'Change task', object: 'New', diff: [{ name: 'title', before: 'Old', after: 'New' }], problem: undefined, reversible: true, writes: true },
      { verb: 'Delete task', object: 'New', diff: [{ name: 'title', before: 'New', after: null }], problem: undefined, reversible: true, writes: true },
      {
        verb: 'Change task',
        object: 'Too late',
        diff: [{ name: 'title', before: null, after: 'Too late' }],
        problem: 'record.not_found',
        reversible: true,
        writes: true,
      },
      { verb: 'Show notification', object: 'Hi', diff: [{ name: 'title', before: null, after: 'Hi' }], problem: undefined, reversible: false, writes: false },
      { verb: 'Create event', object: 'E', diff: [{ name: 'title', before: null, after: 'E' }], problem: undefined, reversible: true, writes: true },
      { verb: 'Change event', object: 'E2', diff: [{ name: 'title', before: 'E', after: 'E2' }], problem: undefined, reversible: true, writes: true },
    ]);
    expect(card.writes).toBe(5);
    await plans.reject(card.plan.id);
    expect(await plans.view(card.plan.id)).toMatchObject({ state: 'rejected' });
    expect(digest).not.toBe(await store.digest());
  });
});

describe('a run', () => {
  it('hands the output of a step to later ones', async () => {
    const { run, record } = await bench();
    const done = await run([
      create('project', { name: 'House' }),
      step('create_record', { type: 'task', fields: { title: '$data.name', projectId: '$data.id' } }, { dataFromStep: 0 }),
      step('update_record', { type: 'task', id: '$data.id', fields: { notes: 'see project' } }, { dataFromStep: 1 }),
    ]);
    expect((await record(done.steps[1]!.recordId))?.fields).toMatchObject({ title: 'House', projectId: done.steps[0]!.recordId, notes: 'see project' });
  });

  it('fails by name where the output does not fit', async () => {
    const { run, titles } = await bench();
    const steps = [task('A'), step('create_record', { type: 'task', fields: { title: '$data.nowhere' } }, { dataFromStep: 0 })];
    await expect(run(steps)).rejects.toEqual(expect.objectContaining({ code: 'plan.step_failed', detail: 'step 2: the earlier step gives no "nowhere"' }));
    await expect(run([task('A'), step('create_record', { type: 'task', fields: { title: '$data' } }, { dataFromStep: 0 })])).rejects.toEqual(
      code('plan.step_failed'),
    );
    expect(await titles()).toEqual([]);
  });

  it.each([
    ['a record that is not there', step('update_record', { type: 'task', id: 'x', fields: { title: 'a' } })],
    ['a record of another type', step('delete_record', { type: 'note', id: 'known' })],
    ['an id that is taken', create('task', { title: 'b' }, { id: 'known' })],
    ['an event that would end before it starts', step('update_record', { type: 'event', id: 'event', fields: { endAt: '2026-11-01T00:00:00Z' } })],
  ])('refuses %s and says why', async (_what, bad) => {
    const { run, store } = await bench();
    await run([
      create('task', { title: 'known' }, { id: 'known' }),
      create('event', { title: 'e', startAt: '2026-11-20T10:00:00Z', endAt: '2026-11-20T11:00:00Z' }, { id: 'event' }),
    ]);
    await expect(run([task('other'), bad])).rejects.toEqual(expect.objectContaining({ code: 'plan.step_failed', detail: expect.stringMatching(/^step 2: ./) }));
    expect(await store.t.records.counts()).toEqual({ task: 1, event: 1 });
  });

  it('makes the same ids whenever the same plan runs', async () => {
    const [one, two] = [await bench(), await bench()];
    const plan = planOf([task('A'), task('B')]);
    const ids = await Promise.all(
      [one, two].map(async ({ plans }) => {
        const card = await plans.propose(plan, origin);
        return (await plans.approve(card.plan.id, card.hash)).steps.map(({ recordId }) => recordId);
      }),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(new Set(ids[0]).size).toBe(2);
  });

  it('indexes documents, finds them, and takes them out and back in', async () => {
    const { run, plans, store } = await bench();
    const done = await run([step('index_document', { title: 'Manual', text: 'the flux capacitor' })]);
    const id = done.steps[0]!.recordId!;
    const found = async () => (await store.search('capacitor', { limit: 5 })).map((hit) => hit.id);
    expect([await found(), (await store.t.documents.get(id))?.collection]).toEqual([[id], 'documents']);
    const undo = await plans.undo(done.runId);
    expect([await found(), await store.t.documents.get(id)]).toEqual([[], null]);
    await plans.undo(undo.runId);
    expect(await found()).toEqual([id]);
    expect((await plans.view(undo.planId)).steps[0]).toMatchObject({ verb: 'Delete document', object: 'Manual' });
  });

  it('shows its notification once, after the records are there, also when the program died in between', async () => {
    const { run, plans, notices, store, plansOver } = await bench();
    await run([step('send_notification', { title: 'Ready', body: 'all done' }), task('A')]);
    await plans.recover();
    expect(notices).toEqual(['Ready: all done']);

    const card = await plans.propose(planOf([step('send_notification', { title: 'Second' })]), origin);
    const dying = plansOver({ ...store, tx: (work) => store.tx(work).then(() => Promise.reject(new Error('the program ends here'))) });
    await expect(dying.approve(card.plan.id, card.hash)).rejects.toThrow('the program ends here');
    expect(notices).toHaveLength(1);
    await plans.recover();
    await plans.recover();
    expect(notices).toEqual(['Ready: all done', 'Second: ']);
  });

  it('shows no notification when a step fails', async () => {
    const { run, notices } = await bench();
    await expect(run([step('send_notification', { title: 'Too early' }), step('delete_record', { type: 'task', id: 'x' })])).rejects.toEqual(
      code('plan.step_failed'),
    );
    expect(notices).toEqual([]);
  });
});

describe('a step that asks the model', () => {
  const steps = [
    step('llm', { templateId: 'name', variables: { of: 'dog' } }),
    step('llm', { templateId: 'polish', variables: { text: '$data.word' } }, { dataFromStep: 0 }),
    step('create_record', { type: 'note', fields: { title: '$data.word' } }, { dataFromStep: 1 }),
  ];
  const answers = async (templateId: string, variables: Record<string, unknown>) => ({ word: `${templateId} ${String(variables['of'] ?? variables['text'])}` });

  it('is answered before anything is written', async () => {
    const { plans, store } = await bench(undefined, answers);
    const card = await plans.propose(planOf(steps), origin);
    expect(card.steps[2]).toMatchObject({ object: '$data.word', diff: [{ name: 'title', before: null, after: '$data.word' }], problem: null });
    await plans.approve(card.plan.id, card.hash);
    expect((await store.t.records.list({ type: 'note', limit: 5 })).records.map(({ fields }) => fields['title'])).toEqual(['polish name dog']);
  });

  it('says so when the cloud is away, and the plan waits', async () => {
    const away = () => Promise.reject(new AdiuvaError('cloud.offline'));
    for (const llm of [away, undefined]) {
      const { plans, store } = await bench(undefined, llm);
      const card = await plans.propose(planOf(steps), origin);
      await expect(plans.approve(card.plan.id, card.hash)).rejects.toEqual(
        expect.objectContaining({ code: 'cloud.offline', detail: expect.stringContaining('step 1 asks the assistant') }),
      );
      expect([(await plans.view(card.plan.id)).state, await store.t.records.counts()]).toEqual(['proposed', {}]);
    }
  });

  it('may use what earlier steps give, which it gets before they are written', async () => {
    const asked: unknown[] = [];
    const { plans, record, store } = await bench(undefined, async (templateId, variables) => {
      asked.push([await store.t.records.counts(), variables]);
      return { text: 'about the house' };
    });
    const steps = [
      create('project', { name: 'House' }),
      step('llm', { templateId: 'sum', variables: { id: '$data.id', name: '$data.name' } }, { dataFromStep: 0 }),
      step('create_record', { type: 'note', fields: { title: 'Sum', body: '$data.text' } }, { dataFromStep: 1 }),
    ];
    const card = await plans.propose(planOf(steps), origin);
    const { steps: done } = await plans.approve(card.plan.id, card.hash);
    expect(asked).toEqual([[{}, { id: done[0]!.recordId, name: 'House' }]]);
    expect((await record(done[2]!.recordId))?.fields['body']).toBe('about the house');
  });

  it('is not asked when a step before it cannot be done', async () => {
    let asked = 0;
    const { plans } = await bench(undefined, async () => void asked++);
    const card = await plans.propose(planOf([step('delete_record', { type: 'task', id: 'x' }), step('llm', { templateId: 'name' })]), origin);
    await expect(plans.approve(card.plan.id, card.hash)).rejects.toEqual(
      expect.objectContaining({ code: 'plan.step_failed', detail: 'step 1: There is no such record' }),
    );
    expect(asked).toBe(0);
  });
});

describe('undo', () => {
  it('refuses once the record was changed since, and works again after that change is undone', async () => {
    const { run, plans, record } = await bench();
    const made = await run([task('One')]);
    const id = made.steps[0]!.recordId!;
    const renamed = await run([step('update_record', { type: 'task', id, fields: { title: 'Two' } })]);
    await expect(plans.undo(made.runId)).rejects.toEqual(code('run.conflict'));
    await expect(plans.undoPreview(made.runId)).rejects.toEqual(code('run.conflict'));
    expect((await record(id))?.fields['title']).toBe('Two');
    await plans.undo(renamed.runId);
    await plans.undo(made.runId);
    expect(await record(id)).toBeNull();
  });

  it('is not fooled by a record that was deleted and came back', async () => {
    const { run, plans, record } = await bench();
    const made = await run([task('One')]);
    const id = made.steps[0]!.recordId!;
    await run([step('update_record', { type: 'task', id, fields: { title: 'Two' } })]);
    const removed = await run([step('delete_record', { type: 'task', id })]);
    await plans.undo(removed.runId);
    await expect(plans.undo(made.runId)).rejects.toEqual(code('run.conflict'));
    expect((await record(id))?.fields['title']).toBe('Two');
  });

  it('twice is refused, of nobody is refused, of a bare notification is refused', async () => {
    const { run, plans } = await bench();
    const made = await run([task('One')]);
    await plans.undo(made.runId);
    await expect(plans.undo(made.runId)).rejects.toEqual(code('run.undone'));
    await expect(plans.undo('nobody')).rejects.toEqual(code('run.not_found'));
    const shown = await run([step('send_notification', { title: 'Hi' })]);
    await expect(plans.undo(shown.runId)).rejects.toEqual(code('plan.invalid'));
  });

  it('at once from two windows happens once', async () => {
    const { run, plans, titles } = await bench();
    const made = await run([task('One')]);
    const results = await Promise.allSettled([plans.undo(made.runId), plans.undo(made.runId)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await titles()).toEqual([]);
  });

  it('is previewed as it will be, and leaves no trace before it is done', async () => {
    const { run, plans, store } = await bench();
    const made = await run([task('One'), task('Two')]);
    const digest = await store.digest();
    const preview = await plans.undoPreview(made.runId);
    expect(preview.steps.map(({ verb, object, problem }) => [verb, object, problem])).toEqual([
      ['Delete task', 'Two', null],
      ['Delete task', 'One', null],
    ]);
    expect([preview.plan.title, preview.state, preview.writes]).toEqual(['Undo: A plan', 'proposed', 2]);
    expect(await store.digest()).toBe(digest);
  });

  it('shows afterwards what was done, whatever became of the records', async () => {
    const { run, plans } = await bench();
    const made = await run([task('One', { notes: 'x' })]);
    const id = made.steps[0]!.recordId!;
    const changed = await run([step('update_record', { type: 'task', id, fields: { notes: 'y' } })]);
    const removed = await run([step('delete_record', { type: 'task', id })]);
    expect((await plans.view(changed.planId)).steps[0]).toMatchObject({ diff: [{ name: 'notes', before: 'x', after: 'y' }], problem: null });
    expect((await plans.view(removed.planId)).steps[0]).toMatchObject({
      object: 'One',
      diff: expect.arrayContaining([{ name: 'notes', before: 'y', after: null }]),
    });
    expect((await plans.view(made.planId)).steps[0]).toMatchObject({ object: 'One', problem: null });
  });
});

describe('a direct edit', () => {
  const by = { kind: 'records', by: 'you', messageId: null } as const;

  it('throws the reason itself and keeps no plan', async () => {
    const { plans } = await bench();
    await expect(plans.runNow('Delete', [step('delete_record', { type: 'task', id: 'x' })], by)).rejects.toEqual(code('record.not_found'));
    expect(await plans.list({ limit: 5 })).toEqual([]);
  });

  it('may hold a million characters and text that looks like a placeholder, and undo brings both back', async () => {
    const { plans, record } = await bench();
    const body = '€'.repeat(1_000_000);
    const made = await plans.runNow('Create', [create('note', { title: '$data', body })], by);
    const id = made.steps[0]!.recordId!;
    const removed = await plans.runNow('Delete', [step('delete_record', { type: 'note', id })], by);
    await plans.undo(removed.runId);
    expect((await record(id))?.fields).toMatchObject({ title: '$data', body });
  });
});

const strings = new URL('../../../../../shared/vectors/strings/blns.json', import.meta.url);
const naughty = (() => {
  try {
    return JSON.parse(readFileSync(strings, 'utf8')) as string[];
  } catch {
    return null;
  }
})();

describe.skipIf(naughty === null)('naughty strings (skipped where shared/vectors/strings is absent)', () => {
  it('come through plan, run, undo and redo as they are', async () => {
    const { plans, store, record } = await bench();
    const titles = [...naughty!, '\0', 'a\0b', '\ud800', 'x\udc00y', '\u202e', '__proto__', 'constructor'].filter((text) => text.trim() !== '');
    for (let from = 0; from < titles.length; from += 40) {
      const steps = titles.slice(from, from + 40).map((title) => task(title, { notes: title, tags: [title.slice(0, 50)] }));
      const made = await plans.runNow('Strings', steps, { kind: 'import', by: 'test', messageId: null });
      const undo = await plans.undo(made.runId);
      await plans.undo(undo.runId);
      const kept = await Promise.all(made.steps.map(({ recordId }) => record(recordId)));
      expect(kept.map((each) => each?.fields['notes'])).toEqual(titles.slice(from, from + 40));
    }
    expect((await store.t.records.counts())['task']).toBe(titles.length);
  });
});
