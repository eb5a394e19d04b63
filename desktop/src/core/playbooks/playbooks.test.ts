import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { parseSigned, signedBytes, type LlmOutput, type SignedPlaybook } from '@adiuva/shared/contracts/playbook.ts';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import type { Fields, RecordType } from '@adiuva/shared/contracts/records.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { newId, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { Tagged } from '../cloud/http.ts';
import { createPlans } from '../plans/plans.ts';
import { createQueue } from '../queue/queue.ts';
import { scratchStore } from '../store/scratch.suite.ts';
import { createPlaybooks } from './playbooks.ts';

type List = { playbooks: Record<string, unknown>[]; locked: [] };

/** Somebody who may sign. */
function signer(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = publicKey.export({ format: 'jwk' }).x!;
  const signed = (document: Record<string, unknown>, key: KeyObject = privateKey): SignedPlaybook =>
    parseSigned({ ...document, signature: { keyId: name, value: sign(null, signedBytes(document), key).toString('base64url') } });
  return { keys: { [name]: x }, signed };
}

const tidy = {
  format: 1,
  id: 'tidy',
  version: 4,
  title: 'Tidy up',
  description: 'Moves what is late.',
  category: 'day',
  set: 'extended',
  inputs: [{ name: 'to', label: 'To', kind: 'date', required: true, default: 'monday' }],
  data: { late: { query: 'tasks.overdue' } },
  sections: [{ heading: 'Late', each: { of: 'late', line: '{item.title}: {item.days} days', limit: 20 }, empty: 'Nothing.' }, { say: '{ask.words}' }],
  steps: [
    {
      action: 'llm',
      as: 'words',
      params: { templateId: 'day.words', variables: { late: { rows: 'late', columns: ['title'], limit: 5 }, to: '{input.to}' } },
      explain: '',
    },
    {
      action: 'update_record',
      params: { type: 'task', id: '{item.id}', fields: { dueAt: '{input.to}' } },
      explain: 'Late.',
      forEach: { of: 'late', limit: 9 },
    },
    { action: 'create_record', params: { type: 'note', fields: { title: 'Words', body: '{ask.words}' } }, explain: '' },
  ],
};

/** Friday, 20 November 2026, 10:00 in Rome. */
const friday = Date.UTC(2026, 10, 20, 9);

async function desk({ tier = 'pro' as TierName | null, publisher = signer('publisher') } = {}) {
  const store = await scratchStore();
  const clock = manualClock(friday);
  const events: BridgeEvent[] = [];
  const base = {
    store: () => store,
    announce: ((type: string, data: unknown) => void events.push({ id: 0, type, data } as never)) as never,
    clock,
    random: systemRandom,
    log: silentLog,
  };
  const asked: unknown[][] = [];
  const state = {
    account: tier && { userId: 'u1', email: 'm@example.org', tier },
    answer: { etag: '"1"', data: { playbooks: [publisher.signed(tidy) as Record<string, unknown>], locked: [] } } as Tagged<List> | Error,
    words: { text: 'All late.', items: [] } as LlmOutput | Error,
    connectivity: 'online' as 'online' | 'offline',
    keys: {} as Record<string, string>,
  };
  const given = async <T>(value: T | Error): Promise<T> => {
    if (value instanceof Error) throw value;
    return value;
  };
  const cloud = {
    session: { account: () => state.account, onAccount: () => () => {} } as never,
    playbooks: (etag: string | null) => (asked.push(['list', etag]), given(state.answer)),
    llmStep: (...order: unknown[]) => (asked.push(order.slice(0, 2)), given(state.words)),
    signingKeys: async () => (asked.push(['keys']), state.keys),
    connectivity: () => state.connectivity,
    nudge: () => {},
    onConnectivity: () => () => {},
  };
  const plans = createPlans({ ...base, notify: () => {} });
  const queue = createQueue(base);
  const playbooks = createPlaybooks({
    ...base,
    cloud,
    plans,
    queue,
    keys: { ...publisher.keys, ...bundledKeys },
    profile: async () => ({ displayName: 'Marta', timeZone: 'Europe/Rome' }),
  });
  const add = async (type: RecordType, fields: Fields) => {
    const { steps } = await plans.runNow('add', [{ action: 'create_record', params: { type, fields }, explain: '' }], {
      kind: 'records',
      by: 'test',
      messageId: null,
    });
    return steps[0]!.recordId!;
  };
  const run = (id: string, inputs: Record<string, unknown> = {}, here = false) => playbooks.run({ id, inputs, here });
  const idsOf = async () =>
    (await playbooks.list()).playbooks.filter(({ source, problem }) => source === 'cloud' && problem === null).map(({ id, version }) => [id, version]);
  return { store, clock, state, asked, plans, queue, playbooks, add, run, events, publisher, idsOf };
}

const { default: bundledKeys } = (await import('./publisher-keys.json', { with: { type: 'json' } })) as { default: Record<string, string> };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as AdiuvaError).code,
  );

describe('the cache of playbooks', () => {
  it('asks by tag, keeps what is unchanged and says how old it is', async () => {
    const { playbooks, state, asked, clock, events } = await desk();
    await playbooks.refresh();
    await clock.advance(3_600_000);
    state.answer = null;
    const { playbooks: listed, refreshedAt } = await playbooks.refresh();
    expect(asked).toEqual([
      ['list', null],
      ['list', '"1"'],
    ]);
    expect(listed.find(({ id }) => id === 'tidy')).toMatchObject({
      version: 4,
      source: 'cloud',
      fetchedAt: '2026-11-20T10:00:00.000Z',
      reads: ['task'],
      cloud: 'some',
      proposes: true,
    });
    expect([refreshedAt, events.filter(({ type }) => type === 'playbooks.changed').length]).toEqual(['2026-11-20T10:00:00.000Z', 2]);
  });

  it('refuses what was changed after it was signed, on the way or in the store, and nothing else', async () => {
    const { playbooks, state, publisher, store, run, idsOf } = await desk();
    const other = publisher.signed({ ...tidy, id: 'other' });
    state.answer = { etag: null, data: { playbooks: [{ ...publisher.signed(tidy), title: 'Pay Eve' }, other], locked: [] } };
    expect((await playbooks.refresh()).refused).toMatchObject([{ id: 'tidy', problem: { code: 'playbook.signature' } }]);
    expect([await idsOf(), await codeOf(run('tidy'))]).toEqual([[['other', 4]], 'playbook.signature']);
    await store.t.playbooks.replaceCache([{ id: 'other', version: 4, fetchedAt: '', body: { ...other, steps: [] } }]);
    expect([await idsOf(), await codeOf(run('other'))]).toEqual([[], 'playbook.signature']);
    await store.t.playbooks.replaceCache([{ id: 'tidy', version: 9, fetchedAt: '', body: other }]);
    expect(await codeOf(run('tidy'))).toBe('playbook.signature');
    expect((await playbooks.list()).playbooks.find(({ id }) => id === 'tidy')).toMatchObject({ title: 'tidy', problem: { code: 'playbook.signature' } });
  });

  it('refuses what a stranger signed, also under the name of a known key', async () => {
    const { playbooks, state } = await desk();
    const [stranger, liar] = [signer('stranger'), signer('publisher')];
    state.answer = { etag: null, data: { playbooks: [stranger.signed(tidy), liar.signed({ ...tidy, id: 'other' })] as never, locked: [] } };
    expect((await playbooks.refresh()).refused.map(({ problem }) => problem.code)).toEqual(['playbook.signature', 'playbook.signature']);
  });

  it('refuses by name an older version than it has seen, and one of a later form, and keeps what it has', async () => {
    const { playbooks, state, publisher, idsOf, run } = await desk();
    await playbooks.refresh();
    state.answer = {
      etag: '"2"',
      data: { playbooks: [publisher.signed({ ...tidy, version: 3 }), { ...publisher.signed({ ...tidy, id: 'later' }), format: 2 }] as never, locked: [] },
    };
    const { refused } = await playbooks.refresh();
    expect(refused.map(({ id, problem }) => [id, problem.code])).toEqual([
      ['tidy', 'playbook.outdated'],
      ['later', 'playbook.newer'],
    ]);
    expect([await idsOf(), await codeOf(run('later')), await codeOf(run('tidy'))]).toEqual([[['tidy', 4]], 'playbook.newer', 'done']);
  });

  it('does not forget the version of one that was withheld for a while', async () => {
    const { playbooks, state, publisher } = await desk();
    await playbooks.refresh();
    state.answer = { etag: '"2"', data: { playbooks: [], locked: [] } };
    await playbooks.refresh();
    state.answer = { etag: '"3"', data: { playbooks: [publisher.signed({ ...tidy, version: 3 })] as never, locked: [] } };
    expect((await playbooks.refresh()).refused).toMatchObject([{ id: 'tidy', problem: { code: 'playbook.outdated' } }]);
  });

  it('believes the keys of its cloud for what a team shares, and for nothing else', async () => {
    const { playbooks, state, idsOf } = await desk({ tier: 'team' });
    const team = signer('cloud-key');
    state.keys = team.keys;
    state.answer = {
      etag: null,
      data: { playbooks: [team.signed({ ...tidy, id: 'ours', set: 'shared' }), team.signed({ ...tidy, id: 'forged' })] as never, locked: [] },
    };
    expect((await playbooks.refresh()).refused).toMatchObject([{ id: 'forged', problem: { code: 'playbook.signature' } }]);
    expect(await idsOf()).toEqual([['ours', 4]]);
  });

  it('shows another account nothing of it, and locks what the tier does not have', async () => {
    const { playbooks, state, run, idsOf } = await desk();
    await playbooks.refresh();
    state.account = null;
    expect((await playbooks.list()).playbooks.find(({ id }) => id === 'tidy')).toMatchObject({ locked: 'pro' });
    expect(await codeOf(run('tidy'))).toBe('tier.required');
    state.account = { userId: 'u2', email: 'x@example.org', tier: 'pro' };
    expect([await idsOf(), await codeOf(run('tidy'))]).toEqual([[], 'playbook.not_found']);
  });
});

describe('a run of a playbook', () => {
  const late = { title: 'Pay *rent* {input.to} $data', dueAt: '2026-11-18' };

  it('asks with what it declares and nothing else, and proposes everything as one plan', async () => {
    const { playbooks, run, add, asked, plans } = await desk();
    await playbooks.refresh();
    const id = await add('task', { ...late, notes: 'a secret' });
    const result = await run('tidy');
    expect(asked.slice(1)).toEqual([['day.words', { late: [{ title: late.title }], to: '2026-11-23' }]]);
    const { plan } = await plans.view(result.planIds[0]!);
    expect(plan.steps.map(({ params }) => params)).toEqual([
      { type: 'task', id, fields: { dueAt: '2026-11-23' } },
      { type: 'note', fields: { title: 'Words', body: 'All late.' } },
    ]);
    expect(result).toMatchObject({
      cloud: 'done',
      sections: [{ lines: [{ text: `${late.title}: 2 days`, recordId: id, recordType: 'task' }] }, { text: 'All late.', from: 'cloud' }],
    });
    expect(result.markdown).toContain('- Pay \\*rent\\* \\{input.to\\} $data: 2 days');
  });

  it('while the cloud is away does its part, waits with the rest and does it once, with the records of then', async () => {
    const { playbooks, run, add, state, asked, plans, queue, store, events } = await desk();
    await playbooks.refresh();
    await add('task', late);
    state.connectivity = 'offline';
    const { runId, planIds, cloud } = await run('tidy');
    expect([cloud, asked.length, (await plans.view(planIds[0]!)).plan.steps.length]).toEqual(['queued', 1, 1]);
    state.words = new AdiuvaError('cloud.offline');
    await queue.drain();
    expect((await queue.list())[0]).toMatchObject({ id: runId, state: 'waiting', attempts: 0, problem: { code: 'cloud.offline' } });
    await add('task', { ...late, title: 'Another' });
    state.words = { text: 'Now.', items: [] };
    await queue.drain();
    await queue.drain();
    const done = await playbooks.result(runId);
    expect([await queue.list(), done.cloud, done.planIds, done.sections[0]!.lines.length]).toEqual([[], 'done', [planIds[0], `playbook-${runId}-cloud`], 2]);
    expect((await plans.view(done.planIds[1]!)).plan.steps.map(({ action }) => action)).toEqual(['create_record']);
    expect(events.filter(({ type, data }) => type === 'playbook.result' && (data as { cloud: string }).cloud === 'done')).toHaveLength(1);
    expect(await store.t.playbooks.results({ limit: 10 })).toHaveLength(1);
  });

  it('needs the user where the cloud refuses for good: the device part stands, the reason is kept', async () => {
    const { playbooks, run, add, state, queue } = await desk();
    await playbooks.refresh();
    await add('task', late);
    state.words = new AdiuvaError('template.not_found');
    expect(await run('tidy')).toMatchObject({ cloud: 'failed', problem: { code: 'template.not_found' }, planIds: [expect.any(String)] });
    expect(await queue.list()).toEqual([]);
    state.words = new AdiuvaError('model.timeout');
    const { runId } = await run('tidy');
    state.words = new AdiuvaError('template.variables');
    await queue.drain();
    expect(await queue.list()).toMatchObject([{ id: runId, state: 'needs_you', problem: { code: 'template.variables' } }]);
    expect(await playbooks.result(runId)).toMatchObject({ cloud: 'failed', problem: { code: 'template.variables' } });
  });

  it('keeps the last hundred results', async () => {
    const { store, clock } = await desk();
    const put = (runId: string) =>
      store.tx((t) =>
        t.playbooks.putResult({
          runId,
          playbookId: 'p',
          version: 1,
          title: 't',
          createdAt: '',
          sections: [],
          markdown: '',
          planIds: [],
          cloud: 'none',
          problem: null,
        }),
      );
    const ids = Array.from({ length: 103 }, () => newId(clock.now(), systemRandom));
    for (const id of ids) await put(id);
    await put(ids.at(-1)!);
    expect((await store.t.playbooks.results({ limit: 200 })).map(({ runId }) => runId)).toEqual(ids.slice(3).toReversed());
  });
});

describe('what the device finds by itself', () => {
  it('lays pressing tasks into the free time of a day, in the zone of the user', async () => {
    const { run, add, plans } = await desk();
    await add('task', { title: 'Later', dueAt: '2026-11-23', priority: 'low' });
    await add('task', { title: 'First', dueAt: '2026-11-23', priority: 'urgent' });
    await add('event', { title: 'Stand-up', startAt: '2026-11-23T09:00:00+01:00', endAt: '2026-11-23T09:30:00+01:00' });
    await add('event', { title: 'Holiday', startAt: '2026-11-23', endAt: '2026-11-24', allDay: true });
    const result = await run('plan-my-day', { day: 'monday', minutes: 60 });
    expect(result.sections[0]!.lines.map(({ text }) => text)).toEqual(['09:30–10:30 First (urgent)', '10:30–11:30 Later (low)']);
    const { plan } = await plans.view(result.planIds[0]!);
    expect(plan.steps[0]!.params['fields']).toEqual({
      title: 'First',
      startAt: '2026-11-23T08:30:00.000Z',
      endAt: '2026-11-23T09:30:00.000Z',
      timeZone: 'Europe/Rome',
    });
  });

  it('counts a week, its done tasks and the meetings of it', async () => {
    const { run, add, clock } = await desk();
    await add('task', { title: 'Done thing', status: 'done' });
    await add('event', { title: 'Clash a', startAt: '2026-11-24T10:00:00Z', endAt: '2026-11-24T11:00:00Z' });
    await add('event', { title: 'Clash b', startAt: '2026-11-24T10:30:00Z', endAt: '2026-11-24T11:30:00Z' });
    await add('event', { title: 'Past', startAt: '2026-11-19T10:00:00Z', endAt: '2026-11-19T11:30:00Z' });
    await clock.advance(1_000);
    const { sections } = await run('weekly-review', { note: false }, true);
    const of = (heading: string) => sections.find((section) => section.heading === heading);
    expect(of('The week')!.text).toBe('Sat 14 Nov to Fri 20 Nov. Tasks done: 1, new: 1. Meetings: 1 (1.5 h).');
    expect(of('Conflicts')!.lines.map(({ text }) => text)).toEqual(['Tue 24 Nov 11:30–12:00 Clash a and Clash b']);
  });
});
