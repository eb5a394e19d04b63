import type { RecordType } from '@adiuva/shared/contracts/records.ts';
import { type Here, whenText } from './dates.ts';

/** How a field is shown and edited. */
export type FieldKind = 'text' | 'long' | 'when' | 'choice' | 'list' | 'flag' | 'repeat';

export interface FieldRow {
  readonly label: string;
  readonly kind: FieldKind;
  readonly options?: readonly string[];
}

/** Fields by name. A name that is not here is shown as plain text under its own name. */
const rows: Readonly<Record<string, FieldRow>> = {
  title: { label: 'Title', kind: 'text' },
  name: { label: 'Name', kind: 'text' },
  subject: { label: 'Subject', kind: 'text' },
  notes: { label: 'Notes', kind: 'long' },
  body: { label: 'Text', kind: 'long' },
  text: { label: 'Text', kind: 'long' },
  priority: { label: 'Priority', kind: 'choice', options: ['low', 'medium', 'high', 'urgent'] },
  status: { label: 'Status', kind: 'choice', options: ['open', 'done'] },
  dueAt: { label: 'Due', kind: 'when' },
  startAt: { label: 'Starts', kind: 'when' },
  endAt: { label: 'Ends', kind: 'when' },
  receivedAt: { label: 'Received', kind: 'when' },
  allDay: { label: 'All day', kind: 'flag' },
  timeZone: { label: 'Time zone', kind: 'text' },
  location: { label: 'Where', kind: 'text' },
  attendees: { label: 'With', kind: 'list' },
  tags: { label: 'Tags', kind: 'list' },
  labels: { label: 'Labels', kind: 'list' },
  projectId: { label: 'Project', kind: 'text' },
  recurrence: { label: 'Repeats', kind: 'repeat' },
  collection: { label: 'Collection', kind: 'text' },
};

export const fieldRow = (name: string): FieldRow => rows[name] ?? { label: name, kind: 'text' };

export const typeNames: Readonly<Record<RecordType, { one: string; many: string }>> = {
  task: { one: 'task', many: 'tasks' },
  event: { one: 'event', many: 'events' },
  note: { one: 'note', many: 'notes' },
  project: { one: 'project', many: 'projects' },
  email: { one: 'email', many: 'emails' },
};

const unitNames: Readonly<Record<string, string>> = { DAILY: 'day', WEEKLY: 'week', MONTHLY: 'month', YEARLY: 'year', HOURLY: 'hour' };
const ruleDays: Readonly<Record<string, string>> = { MO: 'Monday', TU: 'Tuesday', WE: 'Wednesday', TH: 'Thursday', FR: 'Friday', SA: 'Saturday', SU: 'Sunday' };

/** An RRULE value in words; one with parts that have no words here is shown as written. */
export function repeatText(rule: string): string {
  const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string]));
  const unit = unitNames[parts.get('FREQ') ?? ''];
  const known = [...parts.keys()].every((key) => ['FREQ', 'INTERVAL', 'BYDAY'].includes(key));
  if (!unit || !known) return rule;
  const interval = Number(parts.get('INTERVAL') ?? 1);
  const days = parts
    .get('BYDAY')
    ?.split(',')
    .map((day) => ruleDays[day] ?? day);
  return `every ${interval === 1 ? unit : `${interval} ${unit}s`}${days ? ` on ${days.join(', ')}` : ''}`;
}

const isEmpty = (value: unknown) => value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** A field's value as a reader sees it. */
export function valueText(name: string, value: unknown, here: Here): string {
  if (isEmpty(value)) return 'none';
  const { kind } = fieldRow(name);
  if (kind === 'when' && typeof value === 'string') return whenText(value, here);
  if (kind === 'repeat' && typeof value === 'string') return repeatText(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item))).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
