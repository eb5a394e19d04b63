import { givesOrders } from './orders.ts';

/** The metadata of a message: `from`, `subject`, `labels` are read, the rest goes along. */
export interface Mail {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** Where a message belongs. A table, first match wins; nothing here reads a body, because there is none. */
export const mailKinds = ['suspicious', 'reply', 'action', 'money', 'meeting', 'security', 'newsletter', 'automatic', 'other'] as const;
export type MailKind = (typeof mailKinds)[number];

const byWords: readonly (readonly [MailKind, RegExp, string])[] = [
  [
    'security',
    /\b(?:password|verification code|sign-?in|log-?in|security alert|two-factor|2fa|new device|unusual activity)\b/i,
    'it is about access to an account',
  ],
  [
    'money',
    /\b(?:invoices?|receipts?|payments?|paid|billing|bills?|refunds?|overdue notice|statements?|order confirmation|subscriptions? renew\w*)\b/i,
    'it is about money',
  ],
  [
    'meeting',
    /\b(?:meeting|invitations?|invited|appointments?|rescheduled?|calendar|agenda|call on|accepted:|declined:|tentative:|minutes)\b/i,
    'it is about a meeting',
  ],
  [
    'newsletter',
    /\b(?:newsletter|unsubscribe|sale|\d+ ?% off|deals?|offers?|digest|weekly update|webinar|black friday|discounts?|coupons?)\b/i,
    'it reads like advertising',
  ],
];
const automatic =
  /^(?:[^<]*<)?(?:no-?reply|do-?not-?reply|notifications?|alerts?|mailer-daemon|postmaster|bounce|updates?|info|news(?:letter)?|marketing)[^@]*@/i;
const asks =
  /(?:^|\b)(?:please|kindly|can you|could you|would you|need(?:s|ed)? (?:your|you to)|action required|action needed|to (?:sign|review|approve|confirm|complete|submit)|waiting for (?:you|your)|awaiting|reminder|deadline|due (?:on|by|date|today|tomorrow)|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|by (?:tomorrow|tonight|eod|end of (?:day|week)))\b|^(?:re(?:view|ply)|sign|confirm|approve|complete|submit|send|pay|rsvp|register|renew|update|respond)\b/i;
const question = /\?\s*$/;
const reSubject = /^(?:(?:re|fwd?|aw|wg)\s*:\s*)+/i;

export interface Triaged<M extends Mail = Mail> {
  readonly mail: M;
  readonly kind: MailKind;
  readonly reason: string;
  readonly unread: boolean;
}

export const hasLabel = (mail: Mail, label: string): boolean =>
  Array.isArray(mail['labels']) && mail['labels'].some((own) => String(own).toLowerCase() === label);

/** What a message is, by its sender, subject and labels. */
export function triage<M extends Mail>(mail: M): Triaged<M> {
  const [subject, from] = [subjectOf(mail), String(mail['from'] ?? '')];
  const unread = hasLabel(mail, 'unread');
  const as = (kind: MailKind, reason: string): Triaged<M> => ({ mail, kind, reason, unread });
  if (givesOrders(subject)) return as('suspicious', 'its subject gives orders to an assistant; nothing of it was followed');
  const robot = automatic.test(from);
  const worded = byWords.find(([, pattern]) => pattern.test(subject));
  if (asks.test(subject) && worded?.[0] !== 'newsletter') return as('action', 'its subject asks for something');
  if (worded) return as(worded[0], worded[2]);
  if (robot) return as('automatic', 'a machine sent it');
  if (question.test(subject)) return as('reply', 'its subject is a question');
  if (reSubject.test(String(mail['subject'] ?? '')) && unread) return as('reply', 'it answers something, and is not read yet');
  return as('other', '');
}

/** The subject without the marks of answering and forwarding. */
export const subjectOf = (mail: Mail): string =>
  String(mail['subject'] ?? '')
    .replace(reSubject, '')
    .trim();

/** The name of a sender, without the address where there is both. */
export function senderOf(mail: Mail): string {
  const from = String(mail['from'] ?? '').trim();
  return /^"?([^"<]+?)"?\s*</.exec(from)?.[1]?.trim() || from.replace(/[<>]/g, '');
}

/** Something to do that follows from a message. */
export interface ActionItem<M extends Mail = Mail> {
  readonly mail: M;
  /** As a task's title. */
  readonly title: string;
  readonly reason: string;
}

const doable: readonly (readonly [MailKind, (subject: string, sender: string) => string])[] = [
  ['action', (subject, sender) => `${capital(subject)} (${sender})`],
  ['money', (subject, sender) => `Look at “${subject}” from ${sender}`],
  ['reply', (subject, sender) => `Reply to ${sender}: ${subject}`],
  ['meeting', (subject, sender) => `Answer ${sender} about “${subject}”`],
];
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What messages ask for, as far as a subject shows it. What machines and strangers with orders write leads to nothing. */
export function actionItems<M extends Mail>(mails: readonly M[]): ActionItem<M>[] {
  return mails
    .map((mail) => triage(mail))
    .flatMap(({ mail, kind, reason }) => {
      const title = doable.find(([own]) => own === kind)?.[1](subjectOf(mail).slice(0, 300), senderOf(mail).slice(0, 100));
      return title && subjectOf(mail) ? [{ mail, title: title.slice(0, 500), reason }] : [];
    });
}
