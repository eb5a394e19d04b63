import { z } from 'zod';
import { agentName, type AgentName, type ChatContext, type Usage } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, parseAs } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ToolCall, ToolSpec } from '@adiuva/shared/models/model.ts';
import { agentNamed, agents as rows, toolsOf, type Effect, type OfferedTool, type ToolTurn } from '../agents/agents.ts';
import type { Allowance } from './asked.ts';
import { openSpending, type LoopBudget, type Spending } from './spending.ts';

/** How many agents may ask one another in a row. */
export const deepestCall = 2;

export interface LoopInput extends ToolTurn {
  /** The first leads. */
  readonly agents: readonly AgentName[];
  readonly message: string;
  readonly context: ChatContext;
  /** The context for a model that reads the turn as data; absent: the same. */
  readonly heard?: ChatContext;
  readonly messages: readonly ModelMessage[];
  readonly signal?: AbortSignal;
  /** What may be proposed at all; absent: everything. */
  readonly allowed?: Allowance;
  /** The budget of the request where several loops share it; absent: one of its own. */
  readonly spending?: Spending;
  /** Where other agents can be asked: what they are told. Absent: nobody can be asked. */
  readonly brief?: (agent: AgentName, question: string) => readonly ModelMessage[];
  /** Who asked whom to get here. */
  readonly callers?: readonly AgentName[];
}

export interface LoopDeps {
  readonly model: Model;
  readonly clock: Clock;
  readonly budget?: Partial<LoopBudget>;
}

/** `anew`: what was said before broke off, and this begins the answer again. */
export type LoopEvent = { type: 'text'; text: string; anew?: true } | { type: 'action'; agent: AgentName; name: string; summary: string };

/** Something a tool gave. */
export interface Finding {
  readonly tool: string;
  readonly result: unknown;
}

/** How a turn ended: by itself, or at which bound. */
export interface LoopResult {
  readonly usage: Usage;
  readonly rounds: number;
  readonly stoppedBy: 'rounds' | 'calls' | 'tokens' | 'characters' | null;
  readonly findings: readonly Finding[];
}

/**
 * Model and tools in turn until the model has said what it has to say. Tools only look or propose; their faults go back to the model as
 * results, so that it can correct itself. The texts of all events joined are the answer.
 * @throws AdiuvaError of the model port; `model.timeout` when the turn's time is used up; the signal's reason when aborted
 */
export function toolLoop(input: LoopInput, deps: LoopDeps): AsyncGenerator<LoopEvent, LoopResult> {
  return new Turn(input, deps).run();
}

const words = {
  rounds: 'I stopped here because this took too many rounds.',
  calls: 'I stopped here because this took too many steps.',
  tokens: 'I stopped here because this became too long.',
  characters: 'I stopped here because this became too long.',
} as const;

/** Between the half of an answer and the whole one of another model. */
const anew = '\n\n*The answer broke off here. Another model begins it again:*\n\n';

const question = z.strictObject({ agent: agentName, question: z.string().trim().min(1).max(4_000) });

const askTool = (others: readonly AgentName[]): ToolSpec => ({
  name: 'ask_agent',
  description: ['Asks another specialist, who has tools of its own and may propose steps of the same plan.']
    .concat(others.map((name) => `${name}: ${rows[name].description}`))
    .join(' '),
  parameters: question,
});

class Turn {
  readonly #input: LoopInput;
  readonly #deps: LoopDeps;
  readonly #spending: Spending;
  readonly #tools: ReadonlyMap<string, OfferedTool>;
  readonly #offered: readonly ToolSpec[];
  readonly #messages: ModelMessage[];
  readonly #findings: Finding[] = [];
  #usage: Usage = { model: '', inputTokens: 0, outputTokens: 0 };
  #rounds = 0;
  #said = 0;
  /** Whether what is said next stands in a paragraph of its own already. */
  #begins = false;

  constructor(input: LoopInput, deps: LoopDeps) {
    this.#input = input;
    this.#deps = deps;
    this.#spending = input.spending ?? openSpending(deps.budget, deps.clock, input.signal);
    this.#tools = toolsOf(input.agents);
    const tools = [...this.#tools.values()].map(({ tool }) => tool).filter((tool) => this.#mayUse(tool.effect));
    const others = this.#others();
    this.#offered = others.length > 0 ? [...tools, askTool(others)] : tools;
    this.#messages = [...input.messages];
  }

  async *run(): AsyncGenerator<LoopEvent, LoopResult> {
    try {
      for (;;) {
        const closing = ++this.#rounds >= this.#spending.budget.rounds;
        const reply = yield* this.#ask(closing);
        const spent = this.#spent();
        if (reply.toolCalls.length === 0 && spent !== 'characters') return yield* this.#finish(null);
        if (closing || spent) return yield* this.#finish(spent ?? 'rounds');
        yield* this.#answerCalls(reply);
      }
    } finally {
      if (!this.#input.spending) this.#spending.close();
    }
  }

  #mayUse(effect: Effect | undefined): boolean {
    return effect === undefined || (this.#input.allowed?.effects.has(effect) ?? true);
  }

  #mayRemove(args: unknown): boolean {
    const id = (args as { id?: unknown } | null | undefined)?.id;
    const removable = this.#input.allowed?.removable;
    return removable === undefined || (typeof id === 'string' && removable.has(id));
  }

  /** Decoded text by text: JSON would hide where an address ends. */
  #mayName(value: unknown): boolean {
    if (typeof value === 'string') return this.#input.allowed?.links?.allows(value) ?? true;
    return value === null || typeof value !== 'object' || Object.values(value).every((item) => this.#mayName(item));
  }

  /** Who can be asked: nobody that asks already, and nobody too deep in a row of questions. */
  #others(): AgentName[] {
    const { agents, brief, callers = [] } = this.#input;
    if (!brief || agents.length === 0 || callers.length >= deepestCall) return [];
    return agentName.options.filter((name) => !agents.includes(name) && !callers.includes(name));
  }

  /** One request to the model; its pieces leave as they come. */
  async *#ask(closing: boolean): AsyncGenerator<LoopEvent, ModelReply> {
    const { agents, message, context, heard = context } = this.#input;
    const request: ModelRequest = {
      messages: this.#messages,
      turn: { agent: agents[0] ?? 'general', message, context: heard },
      signal: this.#spending.signal,
      ...(this.#usage.model !== '' && { prefer: this.#usage.model }),
      ...(!closing && this.#offered.length > 0 && { tools: this.#offered }),
    };
    let first = true;
    for await (const event of this.#deps.model.stream(request)) {
      if (event.type === 'done') return this.#count(event.reply);
      if (event.type === 'anew') {
        this.#begins = true;
        this.#said += anew.length;
        yield { type: 'text', text: anew, anew: true };
        continue;
      }
      // Texts of two rounds are two paragraphs.
      const text = first && this.#said > 0 && !this.#begins ? `\n\n${event.text}` : event.text;
      first = this.#begins = false;
      this.#said += text.length;
      yield { type: 'text', text };
      if (this.#said > this.#spending.budget.characters)
        return this.#count({ text: '', toolCalls: [], usage: { model: this.#deps.model.id, inputTokens: 0, outputTokens: 0 } });
    }
    throw new AdiuvaError('model.bad_reply', { detail: 'the stream ended without its end' });
  }

  #count(reply: ModelReply): ModelReply {
    const { model, inputTokens, outputTokens } = reply.usage;
    this.#usage = { model, inputTokens: this.#usage.inputTokens + inputTokens, outputTokens: this.#usage.outputTokens + outputTokens };
    this.#spending.count(reply.usage);
    return reply;
  }

  #spent(): 'tokens' | 'calls' | 'characters' | undefined {
    if (this.#said > this.#spending.budget.characters) return 'characters';
    return this.#spending.spent();
  }

  /** Runs every call of a reply and puts the results where the model reads them. */
  async *#answerCalls({ text, toolCalls }: ModelReply): AsyncGenerator<LoopEvent> {
    this.#messages.push({ role: 'assistant', content: text, toolCalls });
    for (const call of toolCalls) {
      const result = yield* this.#answerCall(call);
      this.#messages.push({ role: 'tool', callId: call.id, name: call.name, content: JSON.stringify(result) });
    }
  }

  async *#answerCall(call: ToolCall): AsyncGenerator<LoopEvent, unknown> {
    if (!this.#spending.call()) return { error: 'too many calls in this turn' };
    try {
      const result = call.name === 'ask_agent' && this.#input.brief ? yield* this.#consult(call.arguments) : yield* this.#use(call);
      this.#findings.push({ tool: call.name, result });
      return result;
    } catch (error) {
      if (!(error instanceof AdiuvaError) || error.code.startsWith('model.')) throw error;
      return { error: error.detail ?? error.row.title };
    }
  }

  async *#use({ name, arguments: args }: ToolCall): AsyncGenerator<LoopEvent, unknown> {
    const known = this.#tools.get(name);
    if (!known) {
      const there = this.#offered.map((tool) => tool.name).join(', ');
      throw new AdiuvaError('request.invalid', { detail: `there is no tool "${name.slice(0, 60)}"; there are ${there}` });
    }
    if (!this.#mayUse(known.tool.effect) || (known.tool.effect === 'removes' && !this.#mayRemove(args)))
      throw new AdiuvaError('permission.denied', { detail: 'the user did not ask for this, and texts of others are in the turn; offer it in words instead' });
    if (known.tool.effect && !this.#mayName(args))
      throw new AdiuvaError('permission.denied', {
        detail: 'a step may not hold an address that the user did not give, while texts of others are in the turn',
      });
    const { summary, result } = await known.tool.run(args, this.#input);
    yield { type: 'action', agent: known.agent, name, summary };
    return result;
  }

  /** A turn of another agent inside this one: its steps go into the same plan, its words come back as a result. */
  async *#consult(args: unknown): AsyncGenerator<LoopEvent, unknown> {
    const named = (args as { agent?: unknown } | null)?.agent;
    if (typeof named === 'string') agentNamed(named);
    const asked = parseAs(question, args, 'request.invalid');
    if (!this.#others().includes(asked.agent)) throw new AdiuvaError('request.invalid', { detail: `${asked.agent} cannot be asked from here` });
    const { agents, brief, callers = [] } = this.#input;
    yield { type: 'action', agent: asked.agent, name: 'ask_agent', summary: rows[asked.agent].thinking };
    const messages = brief!(asked.agent, asked.question);
    const input = { ...this.#input, agents: [asked.agent], message: asked.question, messages, spending: this.#spending, callers: [...callers, ...agents] };
    let answer = '';
    const inner = toolLoop(input, this.#deps);
    try {
      for (let next = await inner.next(); ; next = await inner.next()) {
        if (next.done) return { agent: asked.agent, answer, stoppedBy: next.value.stoppedBy };
        if (next.value.type === 'text') answer = next.value.anew ? '' : answer + next.value.text;
        else yield next.value;
      }
    } finally {
      await inner.return(undefined as never);
    }
  }

  /** An answer is never empty, and never silently cut. */
  *#finish(stoppedBy: LoopResult['stoppedBy']): Generator<LoopEvent, LoopResult> {
    const closing = stoppedBy ? words[stoppedBy] : this.#said > 0 ? '' : this.#unsaid();
    if (closing) yield { type: 'text', text: this.#said > 0 ? `\n\n${closing}` : closing };
    return { usage: this.#usage, rounds: this.#rounds, stoppedBy, findings: this.#findings };
  }

  #unsaid(): string {
    const count = this.#input.plan.steps.length;
    if (count === 0) return 'I have no answer to that.';
    return count === 1 ? 'I prepared one step for you to look at.' : `I prepared ${count} steps for you to look at.`;
  }
}
