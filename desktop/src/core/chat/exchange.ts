import { chatLimits, type ChatRequest, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Announce } from '../../bridge/events.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Plans } from '../plans/plans.ts';
import type { Queue, Worker } from '../queue/queue.ts';
import type { Store, Tables } from '../store/store.ts';
import { AnswerWriter, updateAnswer } from './answer.ts';
import { contextFor, type Profile } from './context.ts';
import { createLanes } from './lanes.ts';
import type { LocalAnswer } from './offline.ts';
import { jobOf, kept, outcomeOf, readPayload, type ChatPayload } from './outbox.ts';
import { touchSession } from './sessions.ts';

export interface ExchangeDeps {
  readonly store: () => Store;
  readonly cloud: Cloud;
  readonly plans: Pick<Plans, 'propose' | 'reject' | 'view'>;
  readonly queue: Queue;
  readonly announce: Announce;
  readonly clock: Clock;
  readonly log: Log;
  /** Read at each question, so that it is true now. */
  readonly profile: () => Promise<Profile>;
}

export type Asked = Pick<ChatPayload, 'mode' | 'questionId'>;
export type Route = NonNullable<Message['route']>;

/** An answer under way in this process. */
interface Turn {
  readonly abort: AbortController;
  /** It has its turn; before that it waits for what the same conversation has under way. */
  running: boolean;
  /** The user wants no more of it. */
  stopped: boolean;
  done: Promise<void>;
}

/** How one telling ended: the message as far as it came, whether the other side had begun, and what went wrong. */
interface Telling {
  readonly message: Message;
  readonly begun: boolean;
  readonly error: AdiuvaError | null;
}

/** Failures that say nothing of the question: the line, the load, the session. The question may go another way, or later. */
const passing = new Set<ErrorCode>([
  'cloud.offline',
  'cloud.bad_reply',
  'rate.limited',
  'dependency.unavailable',
  'auth.busy',
  'auth.required',
  'auth.token_expired',
  'auth.token_invalid',
  'auth.refresh_invalid',
  'auth.refresh_reused',
]);

const asOurs = (error: unknown): AdiuvaError => (error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error }));

/** Questions and their answers: who answers, one after another in each conversation, and what becomes of an answer that cannot be had. */
export class Exchange {
  readonly #deps: ExchangeDeps;
  readonly #lanes = createLanes();
  readonly #turns = new Map<string, Turn>();
  #closed = false;

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
  }

  /**
   * Who answers: the cloud when signed in and not known to be away, else this device; what this device does not understand waits for the cloud
   * when signed in.
   */
  async route(question: Message, offline: boolean): Promise<Route> {
    const { cloud } = this.#deps;
    if (offline || !this.#signedIn()) return 'local';
    if (cloud.connectivity() !== 'offline') return 'cloud';
    cloud.nudge();
    const local = await this.#think(question).catch(() => null);
    return local?.understood ? 'local' : 'queued';
  }

  /** Starts an answer that is stored, in the background, after what the same conversation has under way. */
  start(answer: Message, asked: Asked): void {
    const turn: Turn = { abort: new AbortController(), running: false, stopped: false, done: Promise.resolve() };
    this.#turns.set(answer.id, turn);
    turn.done = this.#lanes
      .run(answer.sessionId, () => this.#converse(turn, answer, asked))
      .catch((error: unknown) => this.#giveUp(answer, asOurs(error)))
      .finally(() => this.#turns.delete(answer.id));
  }

  /** Ends what is under way for an answer, here, in the queue and in the cloud; its text so far stays. */
  async halt(message: Message): Promise<void> {
    const turn = this.#turns.get(message.id);
    if (turn && !turn.running) {
      turn.stopped = true;
      return void (await this.#save({ ...message, state: 'stopped' }));
    }
    if (turn) {
      turn.stopped = true;
      turn.abort.abort(new AdiuvaError('chat.cancelled'));
      if (message.requestId && message.route === 'cloud') this.#tellCancelled(message.requestId);
      return turn.done;
    }
    const job = (await this.#deps.queue.list()).find((candidate) => candidate.messageId === message.id);
    if (job) return this.#deps.queue.drop(job.id);
    if (message.state === 'streaming' || message.state === 'queued') await this.#save({ ...message, state: 'stopped', problem: null });
  }

  /** At unlock: answers that the end of the process cut off are told again from their start, which changes nothing where it is the same. */
  async recover(): Promise<void> {
    const { store, queue } = this.#deps;
    const waiting = new Set((await queue.list()).map((job) => job.messageId));
    for (const message of await store().t.messages.unfinished()) {
      if (!waiting.has(message.id)) await this.#resume(message);
      else if (message.state !== 'queued') await this.#save({ ...message, state: 'queued', route: 'queued' });
    }
    queue.wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const turn of this.#turns.values()) turn.abort.abort(new AdiuvaError('chat.cancelled'));
    await Promise.all([...this.#turns.values()].map((turn) => turn.done));
  }

  /** What the queue does with a question that waited. */
  worker(): Worker {
    return {
      run: (job, signal) =>
        this.#lanes.run(job.sessionId ?? job.id, async () => {
          const payload = readPayload(job.payload);
          const stored = await this.#deps.store().t.messages.get(payload.answerId);
          if (!stored || signal.aborted) return { kind: 'done', commit: async () => undefined };
          const answer = await this.#save({ ...stored, state: 'streaming', route: 'cloud', problem: null, requestId: payload.requestId });
          const { message, error } = await this.#askCloud(answer, payload, signal);
          return outcomeOf({ job, payload, message, error, at: this.#now() });
        }),
      dropped: async (t, job) => {
        const { answerId, requestId } = readPayload(job.payload);
        const message = await t.messages.get(answerId);
        if (message) await t.messages.update({ ...message, state: 'stopped', problem: null });
        this.#tellCancelled(requestId);
      },
      settled: async (job) => {
        const message = await this.#deps.store().t.messages.get(readPayload(job.payload).answerId);
        if (message && !this.#closed) this.#deps.announce('chat.message', message);
      },
    };
  }

  async #converse(turn: Turn, answer: Message, asked: Asked): Promise<void> {
    if (this.#closed || turn.stopped) return;
    turn.running = true;
    const told = await this.#tell(answer, asked, turn.abort.signal);
    if (turn.stopped) await this.#save({ ...told.message, state: 'stopped', problem: null });
    else if (!this.#closed) await this.#conclude(told, asked);
  }

  async #tell(answer: Message, asked: Asked, signal: AbortSignal): Promise<Telling> {
    if (answer.route !== 'local') return this.#askCloud(answer, asked, signal);
    return this.#askHere(answer, await this.#think(await this.#question(asked)));
  }

  /** An answer the cloud could not give now: from this device where it understands, later where somebody is signed in; one whose session ended must know. */
  async #conclude(told: Telling, asked: Asked): Promise<void> {
    const { message, error } = told;
    if (!error) return void (await this.#save(message));
    if (!passing.has(error.code) || message.route === 'local') return this.#fail(message, error);
    if (!told.begun && message.text === '') {
      const local = await this.#think(await this.#question(asked));
      if (local.understood) return this.#conclude(await this.#askHere(message, local), asked);
    }
    return this.#signedIn() ? this.#wait(message, asked, error) : this.#fail(message, error);
  }

  async #wait(message: Message, asked: Asked, error: AdiuvaError): Promise<void> {
    const { queue } = this.#deps;
    const question = await this.#question(asked);
    const waiting: Message = { ...message, state: 'queued', route: 'queued', problem: kept(error, this.#now()) };
    await this.#save(waiting, async (t) => {
      if (!(await t.queue.get(waiting.requestId!))) await queue.add(t, jobOf(waiting, question, asked.mode));
    });
    queue.wake();
  }

  async #askCloud(answer: Message, asked: Asked, signal: AbortSignal): Promise<Telling> {
    try {
      this.#deps.cloud.prepare();
      const request = await this.#requestFor(answer, asked);
      signal.throwIfAborted();
      return await this.#follow(answer, 'cloud', this.#deps.cloud.chat(request, { signal }));
    } catch (error) {
      return { message: answer, begun: false, error: asOurs(error) };
    }
  }

  #askHere(answer: Message, local: LocalAnswer): Promise<Telling> {
    return this.#follow({ ...answer, route: 'local', problem: null }, 'builtin', local.frames(answer));
  }

  /** Frames into the stored message. What goes wrong is part of the result. */
  async #follow(answer: Message, by: string, frames: AsyncIterable<ServerFrame>): Promise<Telling> {
    const writer = new AnswerWriter(this.#deps, answer, await this.#deps.store().t.messages.lastSeq(answer.id), by);
    try {
      for await (const frame of frames) await writer.take(frame);
      await writer.flush();
      return { message: writer.message, begun: true, error: null };
    } catch (error) {
      await writer.flush().catch(() => undefined);
      return { message: writer.message, begun: writer.begun, error: asOurs(error) };
    }
  }

  /** The same words for the same id: a request that the cloud may have already goes out again unchanged. It is kept before it is sent. */
  async #requestFor(answer: Message, asked: Asked): Promise<ChatRequest> {
    const { store, cloud, clock, profile } = this.#deps;
    const sent = await sentWith(store().t, asked.questionId);
    const keptSince = clock.now() - chatLimits.runKeptMs;
    if (sent?.requestId === answer.requestId && Date.parse(sent.context.userProfile.now) > keptSince) return sent;
    const question = await this.#question(asked);
    const context = await contextFor(store(), question, await profile(), clock.now());
    const request: ChatRequest = { requestId: answer.requestId!, sessionId: answer.sessionId, message: question.text, executionMode: asked.mode, context };
    await store().t.sent.put(question.id, cloud.host, request);
    return request;
  }

  async #think(question: Message): Promise<LocalAnswer> {
    const { store, clock, profile } = this.#deps;
    // Loaded with the first question: the language room is a third of the core.
    const { answerHere } = await import('./offline.ts');
    return answerHere(question.text, await contextFor(store(), question, await profile(), clock.now()), this.#signedIn());
  }

  async #question({ questionId }: Asked): Promise<Message> {
    const question = await this.#deps.store().t.messages.get(questionId);
    if (!question) throw new AdiuvaError('message.not_found', { detail: 'the question was deleted' });
    return question;
  }

  async #resume(message: Message): Promise<void> {
    const { t } = this.#deps.store();
    const question = message.parentId === null ? null : await t.messages.get(message.parentId);
    const goesOn = question !== null && message.state === 'streaming' && (message.route === 'local' || this.#signedIn());
    if (goesOn) this.start(message, { mode: (await sentWith(t, question.id))?.executionMode ?? 'plan', questionId: question.id });
    else await this.#save({ ...message, state: 'stopped', problem: null });
  }

  async #save(message: Message, more?: (t: Tables) => Promise<unknown>): Promise<Message> {
    const { store, announce } = this.#deps;
    const saved = await store().tx(async (t) => {
      const next = await updateAnswer(t, message);
      await touchSession(t, message.sessionId, this.#now());
      await more?.(t);
      return next;
    });
    announce('chat.message', saved);
    return saved;
  }

  async #fail(message: Message, error: AdiuvaError): Promise<void> {
    await this.#save({ ...message, state: 'failed', problem: kept(error, this.#now()) });
  }

  async #giveUp(answer: Message, error: AdiuvaError): Promise<void> {
    this.#deps.log.error('chat.answer_failed', { code: error.code });
    if (!this.#closed) await this.#fail(answer, error).catch(() => undefined);
  }

  #tellCancelled(requestId: string): void {
    void this.#deps.cloud.cancel(requestId).catch(() => undefined);
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString();
  }

  #signedIn(): boolean {
    return this.#deps.cloud.session.account() !== null;
  }
}

/** The request that went out last with a question. */
export async function sentWith(t: Tables, questionId: string): Promise<ChatRequest | undefined> {
  return (await t.sent.get(questionId))?.request as ChatRequest | undefined;
}
