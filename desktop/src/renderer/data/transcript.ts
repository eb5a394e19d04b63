import type { EventData } from '../../bridge/events.ts';
import type { Message } from '../../bridge/shapes.ts';

/** The lines of one conversation and, for each answer that streams, the last frame that was applied. */
export interface Transcript {
  readonly messages: readonly Message[];
  readonly seqs: ReadonlyMap<string, number>;
}

export const emptyTranscript: Transcript = { messages: [], seqs: new Map() };

const byTime = (a: Message, b: Message) =>
  a.createdAt === b.createdAt ? (a.role === b.role ? 0 : a.role === 'user' ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;

const seqOf = ({ seq = 0 }: Message): number => seq;

/** True where `mine`, told by an event, is newer than what a call that began before it gave: an answer that ended does not stream again. */
const endedSince = (mine: Message | undefined, given: Message) =>
  mine !== undefined && given.state === 'streaming' && (mine.state === 'done' || mine.state === 'stopped' || mine.state === 'failed');

/** Takes what the answer to a call gave; an event may have overtaken it. */
export function withGiven(transcript: Transcript, message: Message): Transcript {
  const mine = transcript.messages.find(({ id }) => id === message.id);
  return endedSince(mine, message) ? transcript : withMessage(transcript, message);
}

/** Takes a list the core gave. An answer that went on or ended by events since the list was read stays as it is. */
export function withList(transcript: Transcript, list: readonly Message[]): Transcript {
  const known = new Map(transcript.messages.map((message) => [message.id, message]));
  const messages = list.map((message) => {
    const mine = known.get(message.id);
    const ahead = mine?.state === 'streaming' && message.state === 'streaming' && (transcript.seqs.get(mine.id) ?? seqOf(mine)) > seqOf(message);
    return mine && (ahead || endedSince(mine, message)) ? mine : message;
  });
  const seqs = new Map(transcript.seqs);
  for (const message of list) if (seqOf(message) > (seqs.get(message.id) ?? 0)) seqs.set(message.id, seqOf(message));
  return { messages: messages.toSorted(byTime), seqs };
}

/** Puts one message in its place, new or changed. The core's text wins: it is what was saved. */
export function withMessage(transcript: Transcript, message: Message): Transcript {
  const others = transcript.messages.filter((other) => other.id !== message.id);
  const seqs = new Map(transcript.seqs);
  const seq = seqOf(message);
  if (seq > (seqs.get(message.id) ?? 0)) seqs.set(message.id, seq);
  if (message.state !== 'streaming') seqs.delete(message.id);
  return { messages: [...others, message].toSorted(byTime), seqs };
}

export function withoutMessage(transcript: Transcript, messageId: string): Transcript {
  return { ...transcript, messages: transcript.messages.filter((message) => message.id !== messageId) };
}

/** Appends streamed text; a frame that was applied before changes nothing. */
export function withToken(transcript: Transcript, token: EventData<'chat.token'>): Transcript {
  const message = transcript.messages.find((other) => other.id === token.messageId);
  if (!message || message.state !== 'streaming') return transcript;
  const last = transcript.seqs.get(token.messageId) ?? seqOf(message);
  if (token.seq <= last) return transcript;
  const messages = transcript.messages.map((other) => (other === message ? { ...message, text: message.text + token.text } : other));
  return { messages, seqs: new Map(transcript.seqs).set(token.messageId, token.seq) };
}

/** Adds a quiet line of which agent works; the same line twice in a row is one. */
export function withActivity(transcript: Transcript, told: EventData<'chat.activity'>): Transcript {
  const { messageId, sessionId: _of, ...line } = told;
  const messages = transcript.messages.map((message) => {
    const last = message.activity.at(-1);
    const repeated = last?.agent === line.agent && last.text === line.text;
    return message.id !== messageId || repeated ? message : { ...message, activity: [...message.activity, line] };
  });
  return { ...transcript, messages };
}
