import { AdiuvaError } from '../contracts/errors.ts';
import type { AgentName, ChatContext, ContextRecord } from '../contracts/chat.ts';
import type { PlanStep } from '../contracts/plan.ts';
import { brief, checkFree, figures, mailWriting, queryEvents, queryMail, queryTasks } from './answers.ts';
import { askWhat, askWhen, captured, eventStep, listItems, noteStep, taskStep, whenQuestion } from './capture.ts';
import { change, namesChange, remove, setStatus } from './changes.ts';
import { dayOfTime } from './civil.ts';
import { captures, type Intent } from './intents.ts';
import { matchRecord } from './matching.ts';
import { answer, isOpen, type Place, type Reply, type Turn } from './turn.ts';
import { without } from './titles.ts';
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

const notUnderstood = (turn: Turn): Reply => ({ ...answer('general', `I did not understand that. ${help(turn)}`), understood: false });

/** What is done for each intent. */
const handlers: Readonly<Record<Intent, (turn: Turn) => Reply>> = {
  create_task: addTask,
  create_reminder: addTask,
  create_note: (turn) => captured([turn], [noteStep(turn)]),
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
  [/^(?:cancel|delete|remove|drop|erase|scrap)\s+(.+)$/i, remove, ({ context }) => [...context.recentTasks, ...context.upcomingEvents]],
];

/** A request such as "cancel lunch", where lunch is an event at hand. */
function byName(turn: Turn): Reply | undefined {
  if (namesChange(turn)) return change(turn);
  for (const [pattern, handle, pool] of named) {
    const name = pattern.exec(turn.reading.request)?.[1];
    if (name && matchRecord(name, pool(turn)).kind !== 'none') return handle({ ...turn, reading: { ...turn.reading, title: name } });
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
const joints =
  /\s*(?:;|\n+|\.\s+(?=\p{Lu})|,?\s+(?:and then|and also|and|then|also)\s+(?=(?:please\s+)?(?:remind|add|create|schedule|set|book|make|note|put|plan|take a note)\b))\s*/iu;

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

/** A bare day or time after the question for it belongs to the event that was asked about. */
function continued(message: string, { conversationHistory }: ChatContext, read1: (text: string) => Turn): string {
  const last = conversationHistory.at(-1);
  const title = last?.role === 'assistant' ? whenQuestion.exec(last.content)?.[1]?.replace(/\\(.)/g, '$1') : undefined;
  return title && message.length <= 200 && isOnlyWhen(read1(message)) ? `event: ${title} ${message}` : message;
}

const isOnlyWhen = ({ reading }: Turn): boolean =>
  reading.when.length > 0 &&
  /^(?:on|at|for|from|by|let's say|make it|how about|maybe|say)?$/i.test(
    without(reading.request, reading.found.spans)
      .replace(/[.!,?]+$/, '')
      .trim(),
  );

/**
 * Answers a message from the context alone. Any message is answered; texts in the context are only data, whatever they say. `place` is where
 * this runs, so that what the answer says of itself is true.
 * @throws AdiuvaError `request.invalid` when the profile's zone or now is not valid
 */
export function assist(message: string, context: ChatContext, place: Place = 'device'): Assistance {
  const { zone, now } = nowOf(context);
  const turnOf = (text: string): Turn => ({ reading: read(text, now, zone), context, zone, now, today: dayOfTime(now), place });
  const turns = parts(continued(message, context, turnOf), turnOf);
  const { understood = true, ...rest } = reply(turns);
  return { ...rest, understood, confidence: turns[0]!.reading.confidence };
}

function nowOf({ userProfile }: ChatContext): { zone: Zone; now: number } {
  const zone = zoneNamed(userProfile.timeZone);
  const now = readIso(zone, userProfile.now);
  if (now === undefined) throw new AdiuvaError('request.invalid', { detail: 'userProfile.now: must be an ISO 8601 time' });
  return { zone, now };
}
