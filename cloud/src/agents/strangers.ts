import type { ChatContext, ContextRecord } from '@adiuva/shared/contracts/chat.ts';
import { givesOrders, plain, withheld } from '@adiuva/shared/language/orders.ts';

const longest = 300;

/** A stranger's text as a model with tools may see it: one short line without control characters, or word that it is withheld. */
function screened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 50).map(screened);
  if (typeof value !== 'string') return value !== null && typeof value === 'object' ? undefined : value;
  if (givesOrders(value)) return withheld;
  const line = plain(value).replace(/[\p{Cc}\s]+/gu, ' ');
  return line.length > longest ? `${line.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

const screenRecord = (record: ContextRecord): ContextRecord =>
  record.provenance === 'user'
    ? record
    : { ...record, fields: Object.fromEntries(Object.entries(record.fields).map(([name, value]) => [name, screened(value)])) };

/** The context with the records of strangers screened. Documents have a reader of their own. */
export const withScreenedRecords = (context: ChatContext): ChatContext => ({
  ...context,
  recentTasks: context.recentTasks.map(screenRecord),
  upcomingEvents: context.upcomingEvents.map(screenRecord),
  emailMetadata: context.emailMetadata.map(screenRecord),
});

/** Whether anything in the context was written by somebody else than the user. */
export const holdsStrangers = ({ relevantDocuments, recentTasks, upcomingEvents, emailMetadata }: ChatContext): boolean =>
  [...relevantDocuments, ...recentTasks, ...upcomingEvents, ...emailMetadata].some(({ provenance }) => provenance === 'untrusted');
