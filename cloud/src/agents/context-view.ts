import type { ChatContext, ContextRecord, Provenance } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { instantOf, readIso, zoneNamed, type Zone } from '@adiuva/shared/language/zone.ts';
import { labelOf, type Fields, type RecordType } from '@adiuva/shared/contracts/records.ts';

/** A record of the context as a model reads it. */
export interface SeenRecord {
  readonly id: string;
  readonly provenance: Provenance;
  readonly [field: string]: unknown;
}

const seen = ({ id, provenance, fields }: ContextRecord): SeenRecord => ({ ...fields, id, provenance });

export const seenTasks = ({ recentTasks }: ChatContext) => recentTasks.map(seen);
export const seenEvents = ({ upcomingEvents }: ChatContext) => upcomingEvents.map(seen);
export const seenEmails = ({ emailMetadata }: ChatContext) => emailMetadata.map(seen);

/** Fields of a record the request brought along, or undefined. */
export function findSeen(context: ChatContext, id: string): Fields | undefined {
  const record = [...context.recentTasks, ...context.upcomingEvents, ...context.emailMetadata].find((r) => r.id === id);
  if (record) return record.fields;
  const document = context.relevantDocuments.find((d) => d.id === id);
  return document && { title: document.title, name: document.title };
}

/** The same, where a step would change it: an id the request did not bring along is made up. @throws AdiuvaError `record.not_found` */
export function mustBeSeen(context: ChatContext, type: RecordType, id: string): Fields {
  const fields = findSeen(context, id);
  if (!fields) throw new AdiuvaError('record.not_found', { detail: `no ${type} with this id is in the context; use an id that a list gave you` });
  return fields;
}

/** How a record is called in a sentence: `the task “Send the invoice”`. */
export function called(type: RecordType, fields: Fields): string {
  const label = labelOf(type, fields);
  return label ? `the ${type} “${label}”` : `the ${type}`;
}

/** All words of `query` stand somewhere in the record; case does not matter. */
export function mentions(record: unknown, query: string | undefined): boolean {
  const text = JSON.stringify(record).toLowerCase();
  return (query ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Whether a time lies in a span whose ends may be left open; a record without a time lies in no bounded span. Plain dates are the user's own days. */
export function within(value: unknown, from: string | undefined, to: string | undefined, zone: Zone): boolean {
  if (from === undefined && to === undefined) return true;
  const at = momentOf(value, zone);
  return at >= (from === undefined ? -Infinity : momentOf(from, zone)) && at < (to === undefined ? Infinity : momentOf(to, zone));
}

/** Milliseconds of an ISO time; a plain date is its midnight in the zone. NaN where a field holds neither. */
export function momentOf(value: unknown, zone: Zone): number {
  if (typeof value !== 'string') return Number.NaN;
  const exact = /T.*(?:[+-]\d{2}:?\d{2}|Z)$/i.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(exact)) return exact;
  const wall = readIso(zone, value);
  return wall === undefined ? Number.NaN : instantOf(zone, wall);
}

/** The zone of the user. Contexts were checked for shape, not for zones that exist. @throws AdiuvaError `request.invalid` */
export const zoneOf = ({ userProfile }: ChatContext): Zone => zoneNamed(userProfile.timeZone);
