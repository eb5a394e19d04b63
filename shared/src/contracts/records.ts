import { z } from 'zod';
import { AdiuvaError, describeIssues } from './errors.ts';

/** Sizes, in characters, that every border holds to. */
export const recordLimits = { title: 2_000, text: 1_000_000, short: 500, tags: 50, tag: 100, attendees: 500 } as const;

const isoTime = z.iso.datetime({ offset: true });
const isoDate = z.iso.date();

/** ISO 8601 with offset, or a plain date where only the day is known. */
export const when = z.union([isoTime, isoDate]);

const title = z.string().trim().min(1, 'must not be empty').max(recordLimits.title);
const text = z.string().max(recordLimits.text);
const tags = z.array(z.string().min(1).max(recordLimits.tag)).max(recordLimits.tags);
/** An RRULE value (RFC 5545 §3.3.10), as `FREQ=WEEKLY;INTERVAL=2`. */
const recurrence = z
  .string()
  .max(recordLimits.short)
  .regex(/^FREQ=[A-Z]+(;[A-Z]+=[A-Z0-9,+-]+)*$/, 'must be an RRULE value');

export const priority = z.enum(['low', 'medium', 'high', 'urgent']);
export type Priority = z.infer<typeof priority>;

const task = z.strictObject({
  title,
  notes: text.default(''),
  priority: priority.default('medium'),
  dueAt: when.nullable().default(null),
  status: z.enum(['open', 'done']).default('open'),
  projectId: z.string().max(recordLimits.short).nullable().default(null),
  tags: tags.default([]),
  recurrence: recurrence.nullable().default(null),
});

const event = z.strictObject({
  title,
  startAt: when,
  /** Exclusive. All-day events: the day after the last one; the same day as `startAt` means that day. */
  endAt: when,
  allDay: z.boolean().default(false),
  timeZone: z.string().max(100).default('UTC'),
  location: z.string().max(recordLimits.short).default(''),
  attendees: z.array(z.string().max(recordLimits.short)).max(recordLimits.attendees).default([]),
  recurrence: recurrence.nullable().default(null),
});

const note = z.strictObject({ title, body: text.default(''), tags: tags.default([]) });

const project = z.strictObject({ name: title, status: z.enum(['active', 'paused', 'done']).default('active') });

const email = z.strictObject({
  account: z.string().max(recordLimits.short),
  from: z.string().max(recordLimits.short),
  to: z.array(z.string().max(recordLimits.short)).max(recordLimits.attendees).default([]),
  subject: z.string().max(recordLimits.title).default(''),
  receivedAt: isoTime,
  labels: tags.default([]),
});

/** Record types: the fields of each, and which field names it to a reader. */
export const recordTypes = {
  task: { fields: task, label: 'title' },
  event: { fields: event, label: 'title' },
  note: { fields: note, label: 'title' },
  project: { fields: project, label: 'name' },
  email: { fields: email, label: 'subject' },
} as const;

export type RecordType = keyof typeof recordTypes;
export const recordType = z.enum(Object.keys(recordTypes) as [RecordType, ...RecordType[]]);

export type FieldsOf<T extends RecordType> = z.infer<(typeof recordTypes)[T]['fields']>;
export type TaskFields = FieldsOf<'task'>;
export type EventFields = FieldsOf<'event'>;
export type NoteFields = FieldsOf<'note'>;
/** Fields of any type, checked by {@link parseFields}. */
export type Fields = { [name: string]: unknown };

/** A stored record. `version` counts its changes from 1; undo compares it. */
export const storedRecord = z.object({
  id: z.string(),
  type: recordType,
  fields: z.record(z.string(), z.unknown()),
  version: z.int().positive(),
  createdAt: isoTime,
  updatedAt: isoTime,
});
export type StoredRecord = z.infer<typeof storedRecord>;

/** What an event must satisfy beyond its schema: it ends at or after its start. */
function crossFault(type: RecordType, fields: Fields): string | undefined {
  if (type !== 'event') return undefined;
  const [start, end] = [Date.parse(String(fields['startAt'])), Date.parse(String(fields['endAt']))];
  return end < start ? 'endAt: must not be before startAt' : undefined;
}

/** Full fields of a new record, defaults filled in. @throws AdiuvaError `record.invalid` */
export function parseFields(type: RecordType, data: unknown): Fields {
  const parsed = recordTypes[type].fields.safeParse(data);
  if (!parsed.success) throw new AdiuvaError('record.invalid', { detail: describeIssues(parsed.error) });
  const fault = crossFault(type, parsed.data);
  if (fault) throw new AdiuvaError('record.invalid', { detail: fault });
  return parsed.data;
}

/** Some fields of a record that exists: only what is named, no defaults. @throws AdiuvaError `record.invalid` */
export function parseChanges(type: RecordType, data: unknown): Fields {
  const shape = recordTypes[type].fields.shape as Record<string, z.ZodType>;
  const given = z.record(z.string(), z.unknown()).safeParse(data);
  if (!given.success) throw new AdiuvaError('record.invalid', { detail: 'value: must be an object' });
  const partial = z.strictObject(
    Object.fromEntries(
      Object.keys(given.data)
        .filter((k) => Object.hasOwn(shape, k))
        .map((k) => [k, shape[k]!]),
    ),
  );
  const parsed = partial.safeParse(given.data);
  if (!parsed.success) throw new AdiuvaError('record.invalid', { detail: describeIssues(parsed.error) });
  return parsed.data;
}

/** The name of a record as a reader sees it. */
export const labelOf = (type: RecordType, fields: Fields): string => String(fields[recordTypes[type].label] ?? '');
