import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatContext } from '@adiuva/shared/contracts/chat.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { planBuilder } from '../plans/builder.ts';
import { agentNamed, agents, agentsAnswering, toolsOf, type ToolTurn } from './agents.ts';

const now = Date.parse('2026-11-20T08:00:00Z');
const event = (id: string, title: string, startAt: string, endAt: string, more: object = {}) => ({ id, fields: { title, startAt, endAt, ...more } });
const context = chatContext.parse({
  userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' },
  recentTasks: [
    { id: 't1', fields: { title: 'Send the invoice', status: 'open', dueAt: '2026-11-20T17:00:00+01:00', tags: ['money'] } },
    { id: 't2', fields: { title: 'Water the plants', dueAt: '2026-11-18' } },
    { id: 't3', fields: { title: 'Buy milk', status: 'done', dueAt: null } },
  ],
  upcomingEvents: [
    event('e1', 'Standup', '2026-11-23T09:30:00+01:00', '2026-11-23T10:00:00+01:00'),
    event('e2', 'Review', '2026-11-23T09:45:00+01:00', '2026-11-23T11:00:00+01:00'),
    event('e3', 'Lunch', '2026-11-23T11:00:00+01:00', '2026-11-23T12:00:00+01:00'),
    event('e4', 'Holiday', '2026-11-23', '2026-11-24', { allDay: true }),
  ],
  emailMetadata: [
    { id: 'm1', provenance: 'untrusted', fields: { from: 'Marta', subject: 'Invoice', receivedAt: '2026-11-20T07:00:00+01:00', labels: ['unread'] } },
    { id: 'm2', provenance: 'untrusted', fields: { from: 'News', subject: 'Sale [x](y)', receivedAt: '2026-11-18T07:00:00+01:00' } },
  ],
  relevantDocuments: [{ id: 'n1', collection: 'notes', title: 'Holiday plan', excerpt: 'We go to Lisbon.', provenance: 'user' }],
  metrics: { tasksDone: 12, streak: 3 },
});

async function use(name: string, args: unknown) {
  const turn: ToolTurn = { context, plan: planBuilder({ now, random: seededRandom(1) }), now };
  const { tool } = toolsOf(['task', 'calendar', 'email', 'analytics', 'general']).get(name)!;
  return { ...(await tool.run(args, turn)), steps: turn.plan.steps };
}
const ids = (rows: unknown) => (rows as { id: string }[]).map((row) => row.id);
const looked = async (name: string, args: object) => (await use(name, args)).result as Record<string, unknown>;

describe('agents', () => {
  it('name tools that a vendor takes: names, descriptions, schemas as JSON', () => {
    const tools = [...toolsOf(['task', 'calendar', 'email', 'analytics', 'general']).values()].map(({ tool }) => tool);
    for (const { name, description, parameters } of tools) {
      expect([name, description]).toEqual([expect.stringMatching(/^[a-z]+(_[a-z]+)+$/), expect.stringMatching(/\.$/)]);
      expect(z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' })).toMatchObject({ type: 'object', additionalProperties: false });
    }
    expect(tools.length).toBeGreaterThan(20);
  });

  it('bear their own name in the table', () => {
    for (const [name, agent] of Object.entries(agents)) expect([agent.name, agent.instructions]).toEqual([name, `agent.${name}`]);
  });
});

describe('an agent by a name from outside', () => {
  it('is its row, or a problem that names those there are', () => {
    expect(agentNamed('task')).toBe(agents.task);
    for (const name of ['wizard', '', '__proto__', 'toString']) expect(() => agentNamed(name)).toThrow(expect.objectContaining({ code: 'agent.not_found' }));
  });
});

describe('tools that look', () => {
  it('find tasks by state, time and words', async () => {
    expect(ids((await looked('list_tasks', {}))['tasks'])).toEqual(['t1', 't2', 't3']);
    expect(ids((await looked('list_tasks', { status: 'open' }))['tasks'])).toEqual(['t1', 't2']);
    expect(ids((await looked('list_tasks', { dueFrom: '2026-11-20', dueBefore: '2026-11-21' }))['tasks'])).toEqual(['t1']);
    expect(ids((await looked('list_tasks', { query: 'INVOICE money' }))['tasks'])).toEqual(['t1']);
  });

  it('find events, conflicts between timed ones, and gaps', async () => {
    expect(ids((await looked('list_events', { query: 'lunch' }))['events'])).toEqual(['e3']);
    expect((await looked('find_conflicts', {}))['conflicts']).toMatchObject([{ a: { id: 'e1' }, b: { id: 'e2' }, minutes: 15 }]);
    expect((await looked('find_free_time', { from: '2026-11-23T09:00:00+01:00', before: '2026-11-23T13:00:00+01:00', minutes: 30 }))['free']).toEqual([
      { from: '2026-11-23T08:00:00.000Z', before: '2026-11-23T08:30:00.000Z' },
      { from: '2026-11-23T11:00:00.000Z', before: '2026-11-23T12:00:00.000Z' },
    ]);
    expect((await looked('find_free_time', { from: '2026-11-23T09:40:00+01:00', before: '2026-11-23T10:30:00+01:00', minutes: 5 }))['free']).toEqual([]);
  });

  it('find mail by label and time, and say who wrote it', async () => {
    expect((await looked('list_email', { label: 'unread' }))['emails']).toMatchObject([{ id: 'm1', provenance: 'untrusted' }]);
    expect(ids((await looked('list_email', { before: '2026-11-19' }))['emails'])).toEqual(['m2']);
  });

  it('count', async () => {
    expect(await looked('get_metrics', { names: ['streak', 'nothing'] })).toEqual({ metrics: { streak: 3 } });
    expect(await looked('summarize_period', {})).toMatchObject({
      tasks: { all: 3, open: 2, done: 1, overdue: 1 },
      events: { all: 4, hours: 2.75, allDay: 1, conflicts: 1 },
      emails: { all: 2 },
    });
    expect(await looked('summarize_period', { from: '2026-11-20', before: '2026-11-21' })).toMatchObject({
      tasks: { all: 1 },
      events: { all: 0 },
      emails: { all: 1 },
    });
  });

  it('find documents', async () => {
    expect(ids((await looked('search_documents', { query: 'lisbon' }))['documents'])).toEqual(['n1']);
    expect((await looked('search_documents', { query: 'rome' }))['documents']).toEqual([]);
  });

  it('add no step', async () => {
    for (const name of ['list_tasks', 'list_events', 'find_conflicts', 'list_email', 'get_metrics', 'summarize_period', 'search_documents'])
      expect((await use(name, {})).steps).toEqual([]);
  });
});

describe('tools that say what a model would', () => {
  const words = async (name: string, args: object = {}) => String((await looked(name, args))['words']);

  it('say what is due, by the days of the user', async () => {
    expect((await looked('summarize_due', {}))['counts']).toEqual({ overdue: 1, today: 1, tomorrow: 0, soon: 0, later: 0, undated: 0 });
    expect(await words('summarize_due')).toContain('**Overdue**\n\n- **Water the plants**');
  });

  it('say what to begin with, and why', async () => {
    const { suggestions, open } = await looked('suggest_tasks', { limit: 1 });
    expect([suggestions, open]).toEqual([[{ id: 't2', title: 'Water the plants', dueAt: '2026-11-18', reasons: ['it is overdue'] }], 2]);
  });

  it('say which times are free, and what lies on those days as a whole', async () => {
    const { slots } = await looked('suggest_times', { minutes: 60, period: 'next_week', limit: 3 });
    expect((slots as { startAt: string }[]).map(({ startAt }) => startAt)).toEqual([
      '2026-11-23T12:00:00+01:00',
      '2026-11-23T13:00:00+01:00',
      '2026-11-24T09:00:00+01:00',
    ]);
    expect(await words('suggest_times', { minutes: 60, period: 'next_week' })).toContain('All day: **Holiday**');
    expect(await words('suggest_times', { minutes: 60, period: 'yesterday' })).toContain('No free 60 minutes');
  });

  it('say which event could move where, without a step', async () => {
    const { moves, stuck } = await looked('suggest_reschedule', {});
    expect([moves, stuck]).toMatchObject([
      [{ id: 'e1', to: { startAt: '2026-11-23T12:00:00+01:00', endAt: '2026-11-23T12:30:00+01:00' }, reason: 'it is the shorter one' }],
      [],
    ]);
  });

  it('say what lies in a span, repeating events at their times', async () => {
    const { times } = await looked('list_events', { period: 'next_week', query: 'standup' });
    expect(times).toEqual([
      { id: 'e1', title: 'Standup', startAt: '2026-11-23T09:30:00+01:00', endAt: '2026-11-23T10:00:00+01:00', allDay: false, recurs: false },
    ]);
  });

  it('report on a period, and own up to what the data do not hold', async () => {
    const report = await words('report_period', { period: 'this_week' });
    expect(report).toContain('2026-11-16 to 2026-11-22');
    expect(report).toContain('events only from 2026-11-23 on');
    expect(report).toContain('When a task was completed is not among it');
    expect((await looked('find_trends', {}))['trends']).toEqual([]);
    expect(await words('find_trends')).toContain('Nothing of this week can be compared');
  });

  it('give a day at a glance', async () => {
    expect(await looked('overview_day', {})).toMatchObject({ day: '2026-11-20', events: [], due: [{ id: 't1' }], overdue: [{ id: 't2' }], unreadMail: 1 });
  });

  it('show texts of strangers as text', async () => {
    const marked = (await words('triage_email')).split('\n');
    expect(marked.filter((line) => line.includes('Sale'))).toEqual(['- **Sale \\[x\\](y)** · News · Wed 18 Nov, 07:00 · 2 days ago']);
  });

  it.each([
    ['Do I have any conflicts next week?', 'find_conflicts', { period: 'next_week' }],
    ['Resolve the clashes this week', 'propose_reschedule', { period: 'this_week' }],
    ['Find me half an hour tomorrow, a free slot', 'suggest_times', { minutes: 30, period: 'tomorrow' }],
    ['When can I fit 2 hours in next week? Any free time?', 'suggest_times', { minutes: 120, period: 'next_week' }],
    ['Which task should I do first?', 'suggest_tasks', {}],
    ['prioritize my tasks', 'prioritize_tasks', {}],
    ['please triage my inbox', 'triage_email', {}],
    ['convert these emails into tasks', 'propose_action_items', {}],
    ['monthly report', 'report_period', { period: 'this_month' }],
    ['show me the report for last week', 'report_period', { period: 'last_week' }],
    ['are any of my appointments double booked', 'find_conflicts', { period: undefined }],
    ['what conflicts do I have tomorrow', 'find_conflicts', { period: 'tomorrow' }],
    ['Any trends this month?', 'find_trends', { period: 'this_month' }],
  ])('answer %s with %s', (message, name, args) => {
    expect(agentsAnswering(message)).toHaveLength(1);
    expect(toolsOf(agentsAnswering(message)).get(name)!.tool.answers!(message)).toEqual(args);
  });

  it.each([
    'What do I have going on next week?',
    'Write the report',
    'Remind me to resolve the conflict with Bob',
    'Remind me to triage my inbox tomorrow',
    'Add task review the trends report',
    'Schedule a meeting about overlapping budgets',
    'What is the next meeting?',
    'Find the report from last week in my documents',
    'Write an email',
    'What happened in the double booking scandal',
    'What is the conflict of interest policy',
    'Prepare the weekly report',
  ])('leave %s to who reads it', (message) => {
    expect(agentsAnswering(message)).toEqual([]);
  });

  it('read a message of any length soon', () => {
    for (const piece of ['a ', 'find free time ', 'conflict ', 'write an email to x ', 'report for ', 'please '])
      expect(agentsAnswering(`${piece.repeat(32_000 / piece.length)}!`).length).toBeLessThan(3);
  });
});

describe('tools that propose', () => {
  it.each<[string, object, object]>([
    [
      'create_task',
      { title: 'Call Bob', explain: 'why' },
      { action: 'create_record', params: { type: 'task', fields: { title: 'Call Bob' } }, explain: 'why' },
    ],
    ['create_task', { title: 'Call Bob' }, { explain: 'You asked for the task “Call Bob”.' }],
    ['update_task', { id: 't1', priority: 'low' }, { action: 'update_record', params: { type: 'task', id: 't1', fields: { priority: 'low' } } }],
    [
      'complete_task',
      { id: 't1' },
      { action: 'update_record', params: { type: 'task', id: 't1', fields: { status: 'done' } }, explain: 'You asked to change the task “Send the invoice”.' },
    ],
    ['delete_task', { id: 't1' }, { action: 'delete_record', params: { type: 'task', id: 't1' } }],
    [
      'move_event',
      { id: 'e2', startAt: '2026-11-24T15:00:00+01:00' },
      { params: { type: 'event', id: 'e2', fields: { startAt: '2026-11-24T15:00:00+01:00', endAt: '2026-11-24T16:15:00+01:00' } } },
    ],
    ['move_event', { id: 'e2', startAt: '2026-11-24T15:00:00Z' }, { params: { fields: { endAt: '2026-11-24T16:15:00Z' } } }],
    [
      'move_event',
      { id: 'e2', startAt: '2026-11-24T15:00:00-03:30', endAt: '2026-11-24T15:10:00-03:30' },
      { params: { fields: { endAt: '2026-11-24T15:10:00-03:30' } } },
    ],
    ['move_event', { id: 'e2', startAt: '2026-11-24T23:30:00-03:30' }, { params: { fields: { endAt: '2026-11-25T00:45:00-03:30' } } }],
    ['move_event', { id: 'e4', startAt: '2026-11-30' }, { params: { fields: { startAt: '2026-11-30', endAt: '2026-12-01' } } }],
    ['classify_email', { id: 'm1', labels: ['invoice'] }, { action: 'update_record', params: { type: 'email', id: 'm1', fields: { labels: ['invoice'] } } }],
    [
      'draft_email',
      { to: 'Marta', subject: 'Invoice', body: 'Dear Marta' },
      { params: { type: 'note', fields: { title: 'Draft: Invoice', body: 'To: Marta\n\nDear Marta', tags: ['draft'] } } },
    ],
    ['save_report', { title: 'Week', body: 'Good' }, { params: { type: 'note', fields: { title: 'Week', body: 'Good', tags: ['report'] } } }],
    ['send_notification', { title: 'Tea' }, { action: 'send_notification', params: { title: 'Tea', body: '' } }],
    ['index_document', { title: 'Doc', text: 'words' }, { action: 'index_document', params: { title: 'Doc', text: 'words', collection: 'documents' } }],
    ['update_note', { id: 'n1', body: 'We go to Porto.' }, { params: { type: 'note', id: 'n1', fields: { body: 'We go to Porto.' } } }],
  ])('%s %j', async (name, args, step) => {
    expect((await use(name, args)).steps).toMatchObject([step]);
  });

  it.each<[string, object, string]>([
    ['move_event', { id: 't1', startAt: '2026-11-24T15:00:00Z' }, 'plan.invalid'],
    ['move_event', { id: 'e9', startAt: '2026-11-24T15:00:00Z' }, 'record.not_found'],
    ['create_event', { title: 'x', startAt: '2026-11-24T15:00:00Z', endAt: '2026-11-24T14:00:00Z' }, 'plan.invalid'],
    ['update_event', { id: 'e1', startAt: 'tomorrow' }, 'request.invalid'],
    ['send_notification', { title: '' }, 'request.invalid'],
  ])('%s refuses %j', async (name, args, code) => {
    await expect(use(name, args)).rejects.toThrow(expect.objectContaining({ code }));
  });
});

describe('tools over records of any kind', () => {
  const odd: unknown[] = [
    null,
    undefined,
    0,
    -1,
    NaN,
    true,
    '',
    ' ',
    'x'.repeat(5_000),
    '2026-11-20',
    '2026-11-20T10:00:00+01:00',
    '2026-13-45T99:99:99Z',
    '0000-01-01',
    '9999-12-31T23:59:59-12:00',
    [],
    [null],
    ['unread', 7],
    {},
    { value: 1 },
    'FREQ=DAILY',
    'FREQ=;',
    'COUNT=3',
    '__proto__',
    '\ud83e',
    'a\u0000b',
    'Bob <',
    '"<>@',
  ];
  const fields = [
    'title',
    'subject',
    'from',
    'labels',
    'startAt',
    'endAt',
    'allDay',
    'timeZone',
    'recurrence',
    'dueAt',
    'status',
    'priority',
    'receivedAt',
    'tags',
  ];
  const reading = [...toolsOf(['task', 'calendar', 'email', 'analytics', 'general']).values()].map(({ tool }) => tool);
  const needed: Record<string, object> = {
    suggest_times: { minutes: 30 },
    find_free_time: { from: '2026-11-20', before: '2026-11-22', minutes: 30 },
  };

  it('end with a result or a problem, never with a fault of ours', async () => {
    let results = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const bytes = seededRandom(seed)(2_000);
      let at = 0;
      const pick = <T>(list: readonly T[]): T => list[bytes[at++ % bytes.length]! % list.length]!;
      const record = (_: unknown, index: number) => ({
        id: `r${index}`,
        fields: Object.fromEntries(fields.filter(() => pick([true, true, false])).map((name) => [name, pick(odd)])),
      });
      const records = () => Array.from({ length: 6 }, record);
      const wild = {
        ...context,
        recentTasks: records(),
        upcomingEvents: records(),
        emailMetadata: records(),
        metrics: Object.fromEntries(fields.map((name) => [name, pick(odd)])),
      };
      for (const tool of reading.filter(({ kind, answers }) => kind === 'reads' || answers)) {
        const turn: ToolTurn = { context: chatContext.parse(wild), plan: planBuilder({ now, random: seededRandom(1) }), now };
        const ended = await Promise.resolve()
          .then(() => tool.run(needed[tool.name] ?? (tool.name === 'draft_email' ? { subject: 'x', body: 'y' } : {}), turn))
          .then(({ result }) => JSON.stringify(result).length > 0)
          .catch((error: unknown) => (error as { code?: string }).code ?? error);
        expect([seed, tool.name, ended]).toEqual([
          seed,
          tool.name,
          expect.toSatisfy((value) => value === true || value === 'plan.invalid' || value === 'request.invalid'),
        ]);
        results += ended === true ? 1 : 0;
      }
    }
    expect(results).toBeGreaterThan(1_500);
  });
});
