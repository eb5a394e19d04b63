import type { ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ExecutionPlan, PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Announce } from '../../bridge/events.ts';
import type { Message } from '../../bridge/shapes.ts';
import type { Plans } from '../plans/plans.ts';
import type { Store, Tables } from '../store/store.ts';

export interface AnswerDeps {
  readonly store: () => Store;
  readonly plans: Pick<Plans, 'propose' | 'reject' | 'view'>;
  readonly announce: Announce;
  readonly clock: Clock;
}

/** The first token is written at once; after that one batch in this many milliseconds, which the eye does not see and the disk does. */
const batchMs = 25;
/** As the cloud sets it: dates in a plan grow stale, an approval may wait. */
export const planLifeMs = 7 * 86_400_000;
const activityLines = 200;

type Line = Message['activity'][number];

/**
 * Turns frames into a stored message. What is announced was stored before. A run may be told again from its start, after a crash or because the cloud lost
 * it: text that is there already is passed over as long as it is the same, and replaced where it is not.
 */
export class AnswerWriter {
  readonly #deps: AnswerDeps;
  readonly #by: string;
  #message: Message;
  /** Stored and announced parts so far; their numbers only grow, across restarts too. */
  #part: number;
  /** Characters of the message that this telling has confirmed. */
  #heard = 0;
  #buffer = '';
  #lines: Line[] = [];
  /** Agents and model of this telling are not stored yet. */
  #headIsNew = false;
  #writing: Promise<void> | null = null;
  #failure: unknown;
  /** Set while someone waits for the writer: no pause between batches then. */
  #rush = false;
  #hurry: (() => void) | undefined;
  #begun = false;

  /** `lastPart`: the highest part stored of this message. `by`: who proposes plans. */
  constructor(deps: AnswerDeps, message: Message, lastPart: number, by: string) {
    this.#deps = deps;
    this.#message = message;
    this.#part = lastPart;
    this.#by = by;
  }

  /** The message as it is stored, apart from its state. */
  get message(): Message {
    return this.#message;
  }

  /** True after the first frame: the other side has taken the question. */
  get begun(): boolean {
    return this.#begun;
  }

  async take(frame: ServerFrame): Promise<void> {
    this.#begun = true;
    if (frame.type === 'start') await this.#start(frame.agents, frame.model);
    else if (frame.type === 'thinking') this.#activity({ agent: frame.agent, text: frame.text, kind: 'thinking' });
    else if (frame.type === 'action') this.#activity({ agent: frame.agent, text: frame.summary, kind: 'action' });
    else if (frame.type === 'token') await this.#token(frame.text);
    else if (frame.type === 'plan') await this.#propose(frame.plan);
    else if (frame.type === 'final') await this.#final(frame);
  }

  /** Waits until everything taken so far is stored. @throws what kept it from being stored */
  async flush(): Promise<void> {
    this.#rush = true;
    this.#hurry?.();
    while (this.#writing) await this.#writing;
    this.#rush = false;
    if (this.#failure) throw this.#failure;
  }

  async #start(agents: Message['agents'], model: string): Promise<void> {
    await this.flush();
    this.#heard = 0;
    // Stored after the first token or with the first line, whichever comes: the first token need not wait for this.
    this.#message = { ...this.#message, agents, model, activity: [] };
    this.#headIsNew = true;
    this.#tell();
  }

  #activity(line: Line): void {
    this.#lines.push({ ...line, text: line.text.slice(0, 500) });
    this.#pump();
  }

  async #token(text: string): Promise<void> {
    if (this.#failure) throw this.#failure;
    const shown = this.#message.text;
    const known = shown.slice(this.#heard, this.#heard + text.length);
    if (known !== '' && !text.startsWith(known)) await this.#save({ ...this.#message, text: shown.slice(0, this.#heard) });
    else if (known !== '') this.#heard += known.length;
    const fresh = known !== '' && text.startsWith(known) ? text.slice(known.length) : text;
    this.#heard += fresh.length;
    this.#buffer += fresh;
    this.#pump();
  }

  #pump(): void {
    if (this.#writing || (this.#buffer === '' && this.#lines.length === 0)) return;
    const writing = this.#write().catch((error: unknown) => {
      this.#buffer = '';
      this.#lines = [];
      this.#failure ??= error;
    });
    this.#writing = writing.finally(() => {
      this.#writing = null;
      this.#pump();
    });
  }

  /** Writes the buffer and the lines, then whatever gathered in the meantime, until nothing is left. */
  async #write(): Promise<void> {
    while (this.#buffer || this.#lines.length > 0) {
      const spoke = this.#buffer !== '';
      if (spoke) await this.#writeText();
      if (this.#headIsNew || this.#lines.length > 0) await this.#writeHead();
      if (spoke) await this.#breathe();
    }
  }

  async #writeText(): Promise<void> {
    const text = this.#buffer;
    this.#buffer = '';
    const { id: messageId, sessionId } = this.#message;
    const seq = ++this.#part;
    await this.#deps.store().t.messages.appendText(messageId, seq, text);
    this.#message = { ...this.#message, text: this.#message.text + text };
    this.#deps.announce('chat.token', { messageId, sessionId, seq, text });
  }

  /** Who works and what was done so far: a window that opens now shows the same as one that was there. */
  async #writeHead(): Promise<void> {
    const lines = this.#lines;
    const { id: messageId, sessionId, activity } = this.#message;
    this.#lines = [];
    this.#headIsNew = false;
    this.#message = { ...this.#message, activity: [...activity, ...lines].slice(-activityLines) };
    await this.#deps.store().tx((t) => updateAnswer(t, this.#message));
    for (const line of lines) this.#deps.announce('chat.activity', { messageId, sessionId, ...line });
  }

  #breathe(): Promise<void> {
    if (this.#rush) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.#deps.clock.after(batchMs, resolve);
      this.#hurry = () => {
        stop();
        resolve();
      };
    });
  }

  /** The plan is stored as proposed before the answer shows it; told again, it is the same plan. */
  async #propose(plan: ExecutionPlan): Promise<void> {
    await this.flush();
    const before = this.#message.planId;
    if (before === plan.id || !(await this.#keepPlan(plan))) return;
    await this.#save(this.#message, plan.id);
    if (before !== null) await this.#deps.plans.reject(before).catch(ignoreDecided);
  }

  /** False where the user has put another plan in its place since it was first told. */
  async #keepPlan(plan: ExecutionPlan): Promise<boolean> {
    try {
      const view = await this.#deps.plans.propose(plan, { kind: 'chat', by: this.#by, messageId: this.#message.id });
      return view.state !== 'replaced';
    } catch (error) {
      // Made here from this very answer, before a crash: the one that is stored stands.
      if (error instanceof AdiuvaError && error.code === 'plan.changed' && plan.id === ownPlanId(this.#message)) return true;
      throw error;
    }
  }

  /** Actions of an answer without a plan wait for approval like those of one with a plan. */
  async #final({ response }: Extract<ServerFrame, { type: 'final' }>): Promise<void> {
    await this.flush();
    const plan = response.plan ?? (response.actions.length > 0 ? this.#planOf(response.actions) : null);
    if (plan) await this.#propose(plan);
    const { text } = this.#message;
    this.#message = { ...this.#message, agents: response.agents, model: response.usage.model, text: response.response || text, state: 'done', problem: null };
  }

  #planOf(steps: PlanStep[]): ExecutionPlan {
    const { createdAt } = this.#message;
    const title = steps.length === 1 ? steps[0]!.explain.trim().slice(0, 300) || 'Proposed change' : `${steps.length} proposed changes`;
    return { id: ownPlanId(this.#message), version: 1, title, steps, createdAt, expiresAt: new Date(Date.parse(createdAt) + planLifeMs).toISOString() };
  }

  async #save(message: Message, planId?: string): Promise<void> {
    await this.flush();
    this.#message = await this.#deps.store().tx((t) => updateAnswer(t, message, planId));
    this.#tell();
  }

  /** Says up to which token the text goes, so that a screen that hears of one again does not show it twice. */
  #tell(): void {
    const { seq: _old, ...message } = this.#message;
    this.#deps.announce('chat.message', message.state === 'streaming' && this.#part > 0 ? { ...message, seq: this.#part } : message);
  }
}

/**
 * Stores an answer. The user may have acted meanwhile: its plan is the one in the store, which may be an edited one, unless a new one is given; and what was
 * stopped does not begin to stream again.
 */
export async function updateAnswer(t: Tables, message: Message, planId?: string): Promise<Message> {
  const stored = await t.messages.get(message.id);
  const state = stored?.state === 'stopped' && message.state === 'streaming' ? 'stopped' : message.state;
  const next = { ...message, state, planId: planId ?? stored?.planId ?? null };
  await t.messages.update(next);
  return next;
}

/** The id of a plan that this device makes from an answer: the same however often it is told. */
export const ownPlanId = ({ requestId, id }: Message): string => `plan-${requestId ?? id}`;

/** A plan that was decided meanwhile stays decided. */
function ignoreDecided(error: unknown): void {
  if (!(error instanceof AdiuvaError)) throw error;
}
