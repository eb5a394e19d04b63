import { z } from 'zod';

/** A day: the words of a day, or an input of kind `date`. */
const day = z.string().regex(/^(?:\{input\.[A-Za-z0-9]+\}|[a-z0-9+-]{1,20})$/, 'must be a day or an input');
const inputReference = z.string().regex(/^\{input\.[A-Za-z0-9]+\}$/, 'must be a number or an input');
const days = z.union([z.int().min(1).max(366), inputReference]);
const minutes = z.union([z.int().min(5).max(960), inputReference]);
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day');
/** Words to look for: text, or with references to inputs. */
const about = z.string().min(1).max(300);

const task = ['id', 'title', 'due', 'dueAt', 'priority', 'project', 'days'] as const;
const event = ['id', 'title', 'day', 'time', 'start', 'end', 'place', 'people', 'minutes'] as const;
const mail = ['id', 'subject', 'from', 'day', 'time', 'days'] as const;
const note = ['id', 'title', 'excerpt'] as const;
const project = ['id', 'name', 'open', 'overdue', 'done', 'days', 'next'] as const;
const slot = ['start', 'end', 'day', 'time', 'minutes'] as const;

/**
 * Everything a playbook may read on the device: arguments, columns of a row, and the type of record that `id` names. Days and times in columns are words in
 * the user's zone, but for `…At`, `start` and `end`, which are ISO 8601.
 */
export const localQueries = {
  /** Open, and due before today or before now. `days` is how long. */
  'tasks.overdue': { with: {}, columns: task, type: 'task' },
  /** Open, and due within `days` days from `from`; what is overdue is not among them. */
  'tasks.due': { with: { from: day, days }, columns: task, type: 'task' },
  /** Open, with neither a date nor a change for `days` days. */
  'tasks.stale': { with: { days }, columns: task, type: 'task' },
  /** Done within `days` days that end with `to`. */
  'tasks.done': { with: { to: day, days }, columns: task, type: 'task' },
  /** Open, in the project that an input names. */
  'tasks.ofProject': { with: { project: inputReference }, columns: task, type: 'task' },
  'events.on': { with: { from: day, days }, columns: event, type: 'event' },
  /** Pairs of events that overlap. */
  'events.conflicts': { with: { from: day, days }, columns: ['id', 'first', 'second', 'day', 'time'], type: 'event' },
  /** Stretches without an event, at least `minutes` long, between two times of day, Monday to Friday. */
  'time.free': { with: { from: day, days, minutes, earliest: clock, latest: clock }, columns: slot, type: null },
  /** Overdue and due tasks, the most pressing first, laid into the free time of a day, `minutes` each. */
  'time.plan': { with: { on: day, minutes, earliest: clock, latest: clock }, columns: [...slot, 'id', 'title', 'priority'], type: 'task' },
  'mails.since': { with: { days }, columns: mail, type: 'email' },
  /** Mails whose subject asks for something to be done; `title` is what. */
  'mails.actions': { with: { days }, columns: [...mail, 'title'], type: 'email' },
  /** Mails of the user that are older than `after` days and younger than `days`, and that nobody has answered. `to` is who. */
  'mails.waiting': { with: { after: days, days }, columns: [...mail, 'to'], type: 'email' },
  'notes.about': { with: { about }, columns: note, type: 'note' },
  'tasks.about': { with: { about }, columns: task, type: 'task' },
  'mails.about': { with: { about }, columns: mail, type: 'email' },
  /** Active projects with their tasks; `days` since anything of them changed. */
  'projects.active': { with: {}, columns: project, type: 'project' },
  /** One row: what was done, made, left and met within `days` days that end with `to`. */
  'figures.of': {
    with: { to: day, days },
    columns: ['from', 'until', 'done', 'made', 'open', 'overdue', 'meetings', 'hours', 'notes', 'mails', 'busiest'],
    type: null,
  },
  /** Plans that wait for a decision. */
  'plans.waiting': { with: {}, columns: ['title', 'steps'], type: null },
} as const;

export type LocalQueryName = keyof typeof localQueries;

const [first, ...others] = Object.entries(localQueries).map(([query, { with: given }]) => z.strictObject({ query: z.literal(query), ...given }));

/** One declared look into the records of the device, as `{ "query": "tasks.due", "from": "today", "days": 1 }`. */
export const localQuery = z.discriminatedUnion('query', [first!, ...others]) as unknown as z.ZodType<LocalQuery>;

type Given<Q extends LocalQueryName> = {
  readonly [K in keyof (typeof localQueries)[Q]['with']]: z.infer<Extract<(typeof localQueries)[Q]['with'][K], z.ZodType>>;
};
export type LocalQuery = { readonly [Q in LocalQueryName]: { readonly query: Q } & Given<Q> }[LocalQueryName];
