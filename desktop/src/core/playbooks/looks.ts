import { localQueries, type LocalQuery, type LocalQueryName } from '@adiuva/shared/contracts/playbook-queries.ts';
import { priority as priorities, type RecordType, type StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { actionItems, senderOf, subjectOf } from '@adiuva/shared/language/mail-rules.ts';
import { addDays, dayMs, type Days } from '../records/zone.ts';
import type { Store, Tables } from '../store/store.ts';
import { daySpan, freeIn, conflictsIn, spanOf, touching, type Span } from './times.ts';
import type { Wording } from './wording.ts';

/** A row of what a look found. Columns are those of the table `localQueries`. */
export type Row = Readonly<Record<string, string | number>>;

/** What looks are taken with. Nothing here leaves the device. */
export interface Looking {
  readonly t: Tables;
  readonly search: Store['search'];
  /** Milliseconds. */
  readonly now: number;
  readonly days: Days;
  readonly wording: Wording;
  /** The user's date of today. */
  readonly today: string;
  waitingPlans(): Promise<readonly { readonly title: string; readonly steps: number }[]>;
}

/** A look whose references are values: days are dates, counts are numbers. */
type Filled<Q extends LocalQueryName> = { readonly [K in keyof Extract<LocalQuery, { query: Q }>]: Extract<LocalQuery, { query: Q }>[K] };
type Take<Q extends LocalQueryName> = (at: Looking, given: Filled<Q>) => Promise<readonly Row[]>;

/** Most records of one kind that are looked through, and most rows that come of it. */
const most = { records: 1_000, rows: 200, found: 20, excerpt: 300 } as const;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => Number(value);

async function listed(at: Looking, type: RecordType, more: { status?: string; from?: string; to?: string } = {}): Promise<StoredRecord[]> {
  return (await at.t.records.list({ type, limit: most.records, ...more })).records;
}

const openTasks = (at: Looking) => listed(at, 'task', { status: 'open' });
/** The first instant of a date and the one after the last of `days` days. */
const spanFrom = ({ days }: Looking, from: string, length: number): Span => ({ from: days.startOf(from), to: days.startOf(addDays(from, length)) });
const spanUntil = (at: Looking, last: string, length: number): Span => spanFrom(at, addDays(last, 1 - length), length);
const within = ({ from, to }: Span, instant: number) => instant >= from && instant < to;

/** A date is over when its day is; an instant when it has passed. */
function isOverdue({ days, today, now }: Looking, task: StoredRecord): boolean {
  const due = text(task.fields['dueAt']);
  return due !== '' && (due.length === 10 ? due < today : days.instantOf(due) < now);
}

async function projectNames(at: Looking): Promise<ReadonlyMap<string, string>> {
  return new Map((await listed(at, 'project')).map(({ id, fields }) => [id, text(fields['name'])]));
}

async function taskRows(at: Looking, tasks: readonly StoredRecord[], since: (task: StoredRecord) => number = overdueSince(at)): Promise<Row[]> {
  const names = await projectNames(at);
  return tasks.slice(0, most.rows).map((task) => {
    const { id, fields } = task;
    const dueAt = text(fields['dueAt']);
    const project = names.get(text(fields['projectId'])) ?? '';
    const due = dueAt === '' ? 'no date' : at.wording.when(dueAt);
    return {
      id,
      title: text(fields['title']),
      due,
      dueAt,
      priority: text(fields['priority']),
      project,
      days: Math.max(0, Math.floor((at.now - since(task)) / dayMs)),
    };
  });
}

const overdueSince = (at: Looking) => (task: StoredRecord) => {
  const due = text(task.fields['dueAt']);
  return due === '' ? at.now : at.days.instantOf(due);
};
const changedSince = (task: StoredRecord) => Date.parse(task.updatedAt);

/** The most pressing first: urgent before high, then by date; what has no date comes last. */
const pressing = (a: StoredRecord, b: StoredRecord): number =>
  rankOf(b) - rankOf(a) || (text(a.fields['dueAt']) || '9').localeCompare(text(b.fields['dueAt']) || '9');
const rankOf = ({ fields }: StoredRecord): number => priorities.options.indexOf(fields['priority'] as never);

async function dueWithin(at: Looking, from: string, length: number): Promise<StoredRecord[]> {
  const span = spanFrom(at, from, length);
  return (await openTasks(at)).filter((task) => {
    const due = text(task.fields['dueAt']);
    return due !== '' && !isOverdue(at, task) && within(span, at.days.instantOf(due));
  });
}

async function eventsWithin(at: Looking, span: Span): Promise<StoredRecord[]> {
  // The store takes a plain date for a day of UTC, so it is asked for a day more on both sides.
  const [from, to] = [new Date(span.from - dayMs).toISOString(), new Date(span.to + dayMs).toISOString()];
  return (await listed(at, 'event', { from, to })).filter((event) => touching(spanOf(at.days, event), span));
}

function eventRow({ days, wording }: Looking, event: StoredRecord): Row {
  const { id, fields } = event;
  const [start, end] = [text(fields['startAt']), text(fields['endAt'])];
  const span = spanOf(days, event);
  const people = Array.isArray(fields['attendees']) ? fields['attendees'].map(String).join(', ') : '';
  return {
    id,
    title: text(fields['title']),
    day: wording.day(span.from),
    time: isTimed(event) ? wording.span(span) : 'all day',
    start,
    end,
    place: text(fields['location']),
    people,
    minutes: Math.round((span.to - span.from) / 60_000),
  };
}

const isTimed = ({ fields }: StoredRecord): boolean => fields['allDay'] !== true && text(fields['startAt']).length > 10;

async function freeTimes(at: Looking, from: string, length: number, minutes: number, hours: { earliest: string; latest: string }): Promise<Span[]> {
  const dates = Array.from({ length }, (_, index) => addDays(from, index)).filter((date) => isWorkday(date));
  const busy = (await eventsWithin(at, spanFrom(at, from, length))).filter(isTimed).map((event) => spanOf(at.days, event));
  return dates.flatMap((date) => freeIn(daySpan(at.days, date, hours, at.now), busy, minutes * 60_000));
}

const isWorkday = (date: string): boolean => ![0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay());

const slotRow = ({ wording }: Looking, span: Span) => ({
  start: new Date(span.from).toISOString(),
  end: new Date(span.to).toISOString(),
  day: wording.day(span.from),
  time: wording.span(span),
  minutes: Math.round((span.to - span.from) / 60_000),
});

const mailOf = ({ id, fields }: StoredRecord) => ({ ...fields, id });

function mailRow(at: Looking, mail: StoredRecord): Row {
  const received = Date.parse(text(mail.fields['receivedAt']));
  return {
    id: mail.id,
    subject: text(mail.fields['subject']),
    from: senderOf(mailOf(mail)),
    day: at.wording.day(received),
    time: at.wording.time(received),
    days: Math.max(0, Math.floor((at.now - received) / dayMs)),
  };
}

const isOwn = ({ fields }: StoredRecord): boolean => {
  const own = text(fields['account']).toLowerCase();
  return own !== '' && text(fields['from']).toLowerCase().includes(own);
};

const mailsSince = (at: Looking, days: number) => listed(at, 'email', { from: new Date(at.now - days * dayMs).toISOString() });

async function found(at: Looking, words: string, type: RecordType): Promise<StoredRecord[]> {
  const hits = words.trim() === '' ? [] : await at.search(words.slice(0, 500), { limit: most.found * 3 });
  const records = await Promise.all(
    hits
      .filter((hit) => hit.recordType === type)
      .slice(0, most.found)
      .map((hit) => at.t.records.get(hit.id)),
  );
  return records.filter((record) => record !== null);
}

async function activeProjects(at: Looking): Promise<Row[]> {
  const tasks = await listed(at, 'task');
  const active = (await listed(at, 'project')).filter(({ fields }) => fields['status'] === 'active');
  return active.slice(0, most.rows).map((project) => {
    const own = tasks.filter(({ fields }) => fields['projectId'] === project.id);
    const open = own.filter(({ fields }) => fields['status'] === 'open').sort(pressing);
    const changed = Math.max(...[project, ...own].map(changedSince));
    return {
      id: project.id,
      name: text(project.fields['name']),
      open: open.length,
      overdue: open.filter((task) => isOverdue(at, task)).length,
      done: own.length - open.length,
      days: Math.max(0, Math.floor((at.now - changed) / dayMs)),
      next: text(open[0]?.fields['title']) || 'nothing',
    };
  });
}

async function figures(at: Looking, span: Span): Promise<Row> {
  const [tasks, events, notes, mails] = await Promise.all([listed(at, 'task'), eventsWithin(at, span), listed(at, 'note'), listed(at, 'email')]);
  const timed = events.filter(isTimed).map((event) => spanOf(at.days, event));
  const done = tasks.filter((task) => task.fields['status'] === 'done' && within(span, changedSince(task)));
  const open = tasks.filter(({ fields }) => fields['status'] === 'open');
  return {
    from: at.wording.day(span.from),
    until: at.wording.day(span.to - 1),
    done: done.length,
    made: tasks.filter(({ createdAt }) => within(span, Date.parse(createdAt))).length,
    open: open.length,
    overdue: open.filter((task) => isOverdue(at, task)).length,
    meetings: timed.length,
    hours: Math.round(timed.reduce((sum, { from, to }) => sum + to - from, 0) / 360_000) / 10,
    notes: notes.filter((note) => within(span, changedSince(note))).length,
    mails: mails.filter(({ fields }) => within(span, Date.parse(text(fields['receivedAt'])))).length,
    busiest: busiestDay(at, timed),
  };
}

function busiestDay({ wording }: Looking, timed: readonly Span[]): string {
  const days = new Map<string, number>();
  for (const { from, to } of timed) days.set(wording.day(from), (days.get(wording.day(from)) ?? 0) + to - from);
  return [...days].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'none';
}

/** Pressing tasks laid into free time, one after the other, as long as there is room. */
async function laidOut(at: Looking, { on, minutes, ...hours }: Filled<'time.plan'>): Promise<Row[]> {
  const each = number(minutes) * 60_000;
  const due = [...(await openTasks(at)).filter((task) => isOverdue(at, task)), ...(await dueWithin(at, on, 1))].sort(pressing);
  const busy = (await eventsWithin(at, spanFrom(at, on, 1))).filter(isTimed).map((event) => spanOf(at.days, event));
  const free = freeIn(daySpan(at.days, on, hours, at.now), busy, each);
  const slots = free.flatMap(({ from, to }) =>
    Array.from({ length: Math.floor((to - from) / each) }, (_, index) => ({ from: from + index * each, to: from + (index + 1) * each })),
  );
  return due
    .slice(0, slots.length)
    .map(({ id, fields }, index) => ({ ...slotRow(at, slots[index]!), id, title: text(fields['title']), priority: text(fields['priority']) }));
}

async function unanswered(at: Looking, after: number, days: number): Promise<Row[]> {
  const mails = await mailsSince(at, days);
  const threads = Map.groupBy(mails, (mail) => subjectOf(mailOf(mail)).toLowerCase());
  const last = [...threads.values()].map((thread) => thread.toSorted((a, b) => text(b.fields['receivedAt']).localeCompare(text(a.fields['receivedAt'])))[0]!);
  const waiting = last.filter((mail) => isOwn(mail) && at.now - Date.parse(text(mail.fields['receivedAt'])) >= after * dayMs);
  return waiting.map((mail) => ({ ...mailRow(at, mail), to: (Array.isArray(mail.fields['to']) ? mail.fields['to'] : []).map(String).join(', ') }));
}

/** How each look of the contract is taken. A new one does not type-check until it has its row. */
const takes: { readonly [Q in LocalQueryName]: Take<Q> } = {
  'tasks.overdue': async (at) => taskRows(at, (await openTasks(at)).filter((task) => isOverdue(at, task)).sort(pressing)),
  'tasks.due': async (at, { from, days }) => taskRows(at, (await dueWithin(at, from, number(days))).sort(pressing)),
  'tasks.stale': async (at, { days }) => {
    const stale = (await openTasks(at)).filter((task) => text(task.fields['dueAt']) === '' && at.now - changedSince(task) >= number(days) * dayMs);
    return taskRows(at, stale, changedSince);
  },
  'tasks.done': async (at, { to, days }) => {
    const span = spanUntil(at, to, number(days));
    return taskRows(
      at,
      (await listed(at, 'task', { status: 'done' })).filter((task) => within(span, changedSince(task))),
      changedSince,
    );
  },
  'tasks.ofProject': async (at, { project }) => taskRows(at, (await openTasks(at)).filter(({ fields }) => fields['projectId'] === project).sort(pressing)),
  'events.on': async (at, { from, days }) => (await eventsWithin(at, spanFrom(at, from, number(days)))).map((event) => eventRow(at, event)),
  'events.conflicts': async (at, { from, days }) => {
    const events = (await eventsWithin(at, spanFrom(at, from, number(days)))).filter(isTimed);
    return conflictsIn(at.days, events).map(([a, b, shared]) => ({
      id: a.id,
      first: text(a.fields['title']),
      second: text(b.fields['title']),
      day: at.wording.day(shared.from),
      time: at.wording.span(shared),
    }));
  },
  'time.free': async (at, { from, days, minutes, ...hours }) =>
    (await freeTimes(at, from, number(days), number(minutes), hours)).map((span) => slotRow(at, span)),
  'time.plan': laidOut,
  'mails.since': async (at, { days }) => (await mailsSince(at, number(days))).filter((mail) => !isOwn(mail)).map((mail) => mailRow(at, mail)),
  'mails.actions': async (at, { days }) => {
    const mails = new Map((await mailsSince(at, number(days))).filter((mail) => !isOwn(mail)).map((mail) => [mail.id, mail]));
    return actionItems([...mails.values()].map(mailOf)).map(({ mail, title }) => ({ ...mailRow(at, mails.get(mail.id)!), title }));
  },
  'mails.waiting': (at, { after, days }) => unanswered(at, number(after), number(days)),
  'notes.about': async (at, { about }) =>
    (await found(at, about, 'note')).map(({ id, fields }) => ({ id, title: text(fields['title']), excerpt: text(fields['body']).slice(0, most.excerpt) })),
  'tasks.about': async (at, { about }) =>
    taskRows(
      at,
      (await found(at, about, 'task')).filter(({ fields }) => fields['status'] === 'open'),
    ),
  'mails.about': async (at, { about }) => (await found(at, about, 'email')).map((mail) => mailRow(at, mail)),
  'projects.active': activeProjects,
  'figures.of': async (at, { to, days }) => [await figures(at, spanUntil(at, to, number(days)))],
  'plans.waiting': async (at) => (await at.waitingPlans()).map(({ title, steps }) => ({ title, steps })),
};

/** Takes one look; its references were filled in before. */
export async function look(at: Looking, query: LocalQuery): Promise<readonly Row[]> {
  const rows = await (takes[query.query] as Take<LocalQueryName>)(at, query as never);
  return rows.slice(0, most.rows);
}

/** The type of record that `id` names in the rows of a look. */
export const rowType = ({ query }: LocalQuery): RecordType | null => localQueries[query].type;
