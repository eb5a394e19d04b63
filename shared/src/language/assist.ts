import { AdiuvaError } from '../contracts/errors.ts';
import type { AgentName, ChatContext, ContextRecord } from '../contracts/chat.ts';
import type { PlanStep } from '../contracts/plan.ts';
import { brief, checkFree, figures, fromDocuments, mailWriting, queryEvents, queryMail, queryTasks } from './answers.ts';
import { askWhat, askWhen, captured, eventStep, listItems, noteStep, projectStep, taskStep, whenQuestion } from './capture.ts';
import { change, matchIn, namesChange, remove, setStatus } from './changes.ts';
import { dayOfTime } from './civil.ts';
import { captures, type Intent } from './intents.ts';
import { answer, isOpen, text, together, type Place, type Reply, type Turn } from './turn.ts';
import { captureVerbs, piecesOf, type PieceKind } from './requests.ts';
import { dateSpans, without } from './titles.ts';
import { read } from './understand.ts';
import { readIso, zoneNamed, type Zone } from './zone.ts';

/** The whole answer of the builtin assistant: what it says and what it would write. Nothing is written by it. */
export interface Assistance {
  agents: AgentName[];
  understood: boolean;
  /** 0 to 1. */
  confidence: number;
  /** Markdown. */
  response: string;
  /** Each would pass `validatePlan`. */
  steps: PlanStep[];
  /** Of the plan; empty where there are no steps. */
  title: string;
}

const examples = [
  'Remind me to send the invoice to Marta next Friday at 17:00, high priority',
  'Lunch with Bob tomorrow at noon',
  'Note: the spare key is at the neighbour’s',
  'What is due this week?',
  'Am I free on Friday afternoon?',
  'Move the dentist to Tuesday 3pm',
  'Mark the invoice as done',
  'Brief me',
];
/** What the answers say of themselves, by where they are given. */
const leads: Readonly<Record<Place, string>> = {
  device: 'Here is what I can do offline, on this device:',
  cloud: 'Here is what I can do without a language model:',
};
const help = ({ place }: Turn): string =>
  `${leads[place]}\n\n${examples.map((e) => `- ${e}`).join('\n')}\n\nShort form: \`Pay rent @friday 3pm #home +flat !high\``;

const notUnderstood = (turn: Turn): Reply => fromDocuments(turn) ?? { ...answer('general', `I did not understand that. ${help(turn)}`), understood: false };

/** What is done for each intent. */
const handlers: Readonly<Record<Intent, (turn: Turn) => Reply>> = {
  create_task: addTask,
  create_reminder: addTask,
  create_note: (turn) => captured([turn], [noteStep(turn)]),
  create_project: (turn) => captured([turn], [projectStep(turn)]),
  create_event: addEvent,
  query_tasks: queryTasks,
  query_events: queryEvents,
  check_free: checkFree,
  update_task: change,
  update_event: change,
  complete_task: (turn) => setStatus(turn, 'done'),
  reopen_task: (turn) => setStatus(turn, 'open'),
  delete_task: remove,
  delete_event: remove,
  email_query: queryMail,
  email_compose: mailWriting,
  email_contact: () =>
    answer(
      'email',
      'I cannot change your address book from here. I can keep the address as a note; say for example "Note: Marta’s address is marta@example.org".',
    ),
  analytics_summary: figures,
  analytics_count: figures,
  analytics_time: figures,
  analytics_trend: figures,
  daily_brief: brief,
  help: (turn) => answer('general', help(turn)),
  greeting: (turn) => answer('general', `Hello. ${help(turn)}`),
  general: notUnderstood,
  unknown: notUnderstood,
};

function addTask(turn: Turn): Reply {
  const items = listItems(turn.reading.request);
  if (items)
    return captured(
      [turn],
      items.items.map((item) => taskStep(turn, item.charAt(0).toUpperCase() + item.slice(1), items.list ? [items.list] : [])),
    );
  return captured([turn], [taskStep(turn)]);
}

function addEvent(turn: Turn): Reply {
  const step = eventStep(turn);
  return step ? captured([turn], [step]) : askWhen(turn);
}

/** Requests that name a record at hand, whatever agent they sound like; used only where something fits. */
const named: readonly (readonly [RegExp, (turn: Turn) => Reply, (turn: Turn) => readonly ContextRecord[]])[] = [
  [
    /^(?:complete|finish|done with|done:?|finished|completed|tick off|check off)\s+(?:with\s+)?(.+)$/i,
    (turn) => setStatus(turn, 'done'),
    ({ context }) => context.recentTasks.filter(isOpen),
  ],
  [
    /^(?:the |my )?(.{1,200}?) (?:is|are)(?: now| all)? (?:done|finished|complete|completed)[.!]*$/i,
    (turn) => setStatus(turn, 'done'),
    ({ context }) => context.recentTasks.filter(isOpen),
  ],
  [/^(?:cancel|delete|remove|drop|erase|scrap)\s+(.+)$/i, remove, ({ context }) => [...context.recentTasks, ...context.upcomingEvents]],
];

/** A request such as "cancel lunch", where lunch is an event at hand. */
function byName(turn: Turn): Reply | undefined {
  if (namesChange(turn)) return change(turn);
  for (const [pattern, handle, pool] of named) {
    const name = pattern.exec(turn.reading.request)?.[1];
    if (name && matchIn(turn, name, pool(turn)).kind !== 'none') return handle({ ...turn, reading: { ...turn.reading, title: name } });
  }
  return undefined;
}

const mayNameRecord: ReadonlySet<Intent> = new Set<Intent>([
  'general',
  'unknown',
  'create_task',
  'create_event',
  'delete_task',
  'complete_task',
  'email_query',
  'query_tasks',
  'query_events',
  'analytics_summary',
  'analytics_count',
  'analytics_time',
  'analytics_trend',
]);

/** Where one sentence may hold several requests. */
const joints = new RegExp(String.raw`\s*(?:;|\n+|\.\s+(?=\p{Lu})|,?\s+(?:and then|and also|and|then|also)\s+(?=(?:please\s+)?(?:${captureVerbs})\b))\s*`, 'iu');

/** A second errand behind a reminder: "… and buy flowers on Saturday". */
const errands = /\s+and\s+(?=(?:call|buy|pay|send|email|pick up|drop off|book|submit|finish|return|renew|visit|clean|text|order|write|get|meet)\b)/i;

/** Two reminders in one sentence, where each has its own time. */
function twoErrands(message: string, read1: (text: string) => Turn): Turn[] | undefined {
  const pieces = message.split(errands);
  if (pieces.length < 2 || pieces.length > 5 || !/^(?:please )?remind me to /i.test(message)) return undefined;
  const turns = pieces.map((piece, i) => read1(i === 0 ? piece : `remind me to ${piece}`));
  return turns.every((turn) => turn.reading.when.length > 0) ? turns : undefined;
}

/** Splits only where every part by itself asks for something to be added. */
function parts(message: string, read1: (text: string) => Turn): Turn[] {
  if ((listItems(read1(message).reading.request)?.items.length ?? 0) > 1) return [read1(message)];
  const pieces = message.length > 1_000 ? [message] : message.split(joints).filter((piece) => piece.trim() !== '');
  if (pieces.length < 2 || pieces.length > 10) return (message.length <= 1_000 ? twoErrands(message, read1) : undefined) ?? [read1(message)];
  const turns = pieces.map(read1);
  return turns.every(isPlainCapture) ? turns : [read1(message)];
}

const isPlainCapture = ({ reading }: Turn): boolean =>
  captures.has(reading.intent) && !reading.empty && reading.intent !== 'create_note' && (reading.intent !== 'create_event' || reading.when.length > 0);

/** Below this an unclear text is not turned into a record. */
const surely = 0.45;

function single(turn: Turn): Reply {
  const { intent, confidence } = turn.reading;
  const named = mayNameRecord.has(intent) ? byName(turn) : undefined;
  if (named) return named;
  if (captures.has(intent) && confidence < surely) return notUnderstood(turn);
  return captures.has(intent) && turn.reading.empty ? askWhat(turn) : handlers[intent](turn);
}

function reply(turns: Turn[]): Reply {
  if (turns.length === 1) return single(turns[0]!);
  const steps = turns.flatMap((turn) => handlers[turn.reading.intent](turn).steps);
  return captured(turns, steps);
}

/** A bare day or time after the question for it belongs to the event that was asked about; "and next week?" asks the last question anew. */
function continued(message: string, { conversationHistory }: ChatContext, read1: (text: string) => Turn): string {
  if (message.length > 200) return message;
  const last = conversationHistory.at(-1);
  const title = last?.role === 'assistant' ? whenQuestion.exec(last.content)?.[1]?.replace(/\\(.)/g, '$1') : undefined;
  if (title && isOnlyWhen(read1(message))) return `event: ${title} ${message}`;
  const [, asked, added = asked] = anew.exec(message.trim()) ?? [];
  const before = conversationHistory.findLast(({ role }) => role === 'user')?.content;
  if (!added || !before || before.length > 500 || !isOnlyWhen(read1(added))) return message;
  const { reading } = read1(before);
  return queries.has(reading.intent) ? `${without(before, dateSpans(before, reading.found, reading.when)).replace(/[\s?.!]+$/, '')} ${added}?` : message;
}

const anew = /^(?:(?:ok|okay|so|and|then),?\s+)*(?:what|how) about\s+(.{1,60}?)\s*\??$|^and\s+(.{1,60}?)\s*\??$/i;

/** Intents that only look. */
const queries: ReadonlySet<Intent> = new Set<Intent>([
  'query_tasks',
  'query_events',
  'check_free',
  'email_query',
  'analytics_summary',
  'analytics_count',
  'analytics_time',
  'analytics_trend',
  'daily_brief',
]);

const isOnlyWhen = ({ reading }: Turn): boolean =>
  reading.when.length > 0 &&
  /^(?:on|at|for|from|by|let's say|make it|how about|maybe|say)?$/i.test(
    without(reading.request, reading.found.spans)
      .replace(/[.!,?]+$/, '')
      .trim(),
  );

/** How far back "it" may mean something. */
const remembered = 4;

/** The one task or event that the conversation named last. */
function talkedAbout({ conversationHistory, recentTasks, upcomingEvents }: ChatContext): ContextRecord | undefined {
  const records = [...recentTasks, ...upcomingEvents].filter((record) => text(record, 'title').length > 2);
  for (const { content } of conversationHistory.slice(-remembered).toReversed()) {
    const said = content.slice(0, 4_000).replace(/\\(.)/g, '$1').toLowerCase();
    const hits = records.filter((record) => said.includes(text(record, 'title').toLowerCase()));
    if (hits.length > 0) return hits.length === 1 ? hits[0] : undefined;
  }
  return undefined;
}

/** One request of a message. */
export interface Part {
  readonly text: string;
  /** Absent where the caller answers it. */
  readonly assistance?: Assistance;
}

/**
 * The requests of a message in their order, each with its answer; one where it holds only one. A message is taken apart only where every part is clear by
 * itself. `answered` tells the parts that the caller answers.
 * @throws AdiuvaError `request.invalid` when the profile's zone or now is not valid
 */
export function assistParts(message: string, context: ChatContext, place: Place = 'device', answered: (part: string) => boolean = () => false): Part[] {
  const { zone, now } = nowOf(context);
  const about = talkedAbout(context);
  const turnOf = (said: string, focus = about): Turn => ({
    reading: read(said, now, zone),
    context,
    zone,
    now,
    today: dayOfTime(now),
    place,
    ...(focus && { focus }),
  });
  const whole = continued(message, context, turnOf);
  return apart(whole, turnOf, answered) ?? [answered(message) ? { text: message } : { text: message, assistance: assistance(parts(whole, turnOf)) }];
}

/** Every part with its answer, or undefined where one of them is not clear. */
function apart(message: string, turnOf: (said: string, focus?: ContextRecord) => Turn, answered: (part: string) => boolean): Part[] | undefined {
  const pieces = piecesOf(message, (piece) => kindOf(turnOf(piece)));
  if (pieces.length < 2 || pieces.every((piece) => !answered(piece) && isPlainCapture(turnOf(piece)))) return undefined;
  const all: Part[] = [];
  let focus: ContextRecord | undefined;
  for (const piece of pieces) {
    if (answered(piece)) {
      all.push({ text: piece });
      continue;
    }
    const turn = turnOf(piece, focus);
    const made = assistance([turn]);
    if (!isClear(turn, made)) return undefined;
    focus = recordOf(made, turn.context) ?? focus;
    all.push({ text: piece, assistance: made });
  }
  return all;
}

function kindOf({ reading: { intent } }: Turn): PieceKind {
  if (intent === 'create_note' || intent === 'email_compose') return 'words';
  return captures.has(intent) ? 'capture' : 'other';
}

/** From here on a question is taken for one. */
const clearly = 0.6;

const isClear = ({ reading }: Turn, { steps, understood, confidence }: Assistance): boolean =>
  understood && (steps.length > 0 || (queries.has(reading.intent) && confidence >= clearly));

/** The one record that an answer would change. */
function recordOf({ steps }: Assistance, { recentTasks, upcomingEvents }: ChatContext): ContextRecord | undefined {
  return steps.length === 1 ? [...recentTasks, ...upcomingEvents].find(({ id }) => id === steps[0]!.params['id']) : undefined;
}

function assistance(turns: Turn[]): Assistance {
  const { understood = true, ...rest } = reply(turns);
  return { ...rest, understood, confidence: turns[0]!.reading.confidence };
}

/** Several answers as one, as sure as the least sure of them. */
export function joined(all: readonly Assistance[]): Assistance {
  const { understood = true, ...rest } = together(all);
  return { ...rest, understood, confidence: Math.min(...all.map(({ confidence }) => confidence)) };
}

/**
 * Answers a message from the context alone. Any message is answered; texts in the context are only data, whatever they say. `place` is where
 * this runs, so that what the answer says of itself is true.
 * @throws AdiuvaError `request.invalid` when the profile's zone or now is not valid
 */
export const assist = (message: string, context: ChatContext, place: Place = 'device'): Assistance =>
  joined(assistParts(message, context, place).flatMap((part) => part.assistance ?? []));

function nowOf({ userProfile }: ChatContext): { zone: Zone; now: number } {
  const zone = zoneNamed(userProfile.timeZone);
  const now = readIso(zone, userProfile.now);
  if (now === undefined) throw new AdiuvaError('request.invalid', { detail: 'userProfile.now: must be an ISO 8601 time' });
  return { zone, now };
}
