import { z } from 'zod';
import { executionMode, requestId } from '@adiuva/shared/contracts/chat.ts';
import { parseAs, toProblem, type AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { NewJob, Outcome } from '../queue/queue.ts';
import { setbackOf } from '../queue/setback.ts';
import type { StoredJob, Tables } from '../store/store.ts';
import { updateAnswer } from './answer.ts';
import { oneLine, touchSession } from './sessions.ts';

/** What a chat job needs besides the stored messages. `requestId` begins as the job's id. */
const payload = z.strictObject({
  version: z.literal(1),
  questionId: z.string(),
  answerId: z.string(),
  mode: executionMode,
  requestId,
  tries: z.int().nonnegative(),
});
export type ChatPayload = z.infer<typeof payload>;

export const readPayload = (data: unknown): ChatPayload => parseAs(payload, data, 'internal');

/** The job of an answer that waits for the cloud: its id is the answer's request id, the key under which the cloud does it once. */
export function jobOf(answer: Message, question: Message, mode: ChatPayload['mode']): NewJob {
  const id = answer.requestId!;
  const label = oneLine(question.text, 80);
  const data: ChatPayload = { version: 1, questionId: question.id, answerId: answer.id, mode, requestId: id, tries: 0 };
  return { id, kind: 'chat', sessionId: answer.sessionId, messageId: answer.id, label, payload: data };
}

/** One try of a chat job: the answer as far as it came, and what went wrong. */
export interface Try {
  readonly job: StoredJob;
  readonly payload: ChatPayload;
  readonly message: Message;
  readonly error: AdiuvaError | null;
  readonly at: string;
}

/** A problem with the time from which its `retryAfter` counts. */
export const kept = (error: unknown, at: string): NonNullable<Message['problem']> => ({ ...toProblem(error), at });

/** What becomes of a job after a try: the answer's state changes together with the job's. */
export function outcomeOf({ job, payload: data, message, error, at }: Try): Outcome {
  const store = (next: Message) => async (t: Tables) => {
    await updateAnswer(t, next);
    await touchSession(t, next.sessionId, at);
  };
  if (!error) return { kind: 'done', commit: store(message) };
  const problem = kept(error, at);
  const waiting = store({ ...message, state: 'queued', route: 'queued', problem });
  if (error.code === 'chat.cancelled') return { kind: 'done', commit: store({ ...message, state: 'stopped', problem: null }) };
  const setback = setbackOf(error);
  if (setback.kind === 'pause') return { ...setback, problem, commit: waiting };
  const payload = freshKey(job, data, error.code);
  if (setback.kind === 'retry' || error.code === 'chat.request_reused') return { kind: 'retry', problem, payload, commit: waiting };
  return { kind: 'needs_you', problem, payload, commit: store({ ...message, state: 'failed', problem }) };
}

/** The cloud keeps how a run ended, so asking again after an end needs a key of its own; after a bad answer nothing has ended. */
function freshKey(job: StoredJob, data: ChatPayload, code: ErrorCode): ChatPayload {
  if (code === 'cloud.bad_reply') return data;
  const tries = data.tries + 1;
  return { ...data, tries, requestId: `${job.id.slice(0, 56)}-r${tries}` };
}
