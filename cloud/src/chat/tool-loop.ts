import type { AgentName, ChatContext, Usage } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ToolCall } from '@adiuva/shared/models/model.ts';
import { toolsOf, type OfferedTool, type ToolTurn } from '../agents/agents.ts';

/** What one turn may use up. `rounds` are requests to the model, the last of them without tools so that it comes to an end. */
export const loopBudget = { rounds: 5, calls: 64, tokens: 120_000, ms: 180_000, characters: 100_000 } as const;
export type LoopBudget = { readonly [K in keyof typeof loopBudget]: number };

export interface LoopInput extends ToolTurn {
  /** The first leads. */
  readonly agents: readonly AgentName[];
  readonly message: string;
  readonly context: ChatContext;
  readonly messages: readonly ModelMessage[];
  readonly signal?: AbortSignal;
}

export interface LoopDeps {
  readonly model: Model;
  readonly clock: Clock;
  readonly budget?: Partial<LoopBudget>;
}

export type LoopEvent = { type: 'text'; text: string } | { type: 'action'; agent: AgentName; name: string; summary: string };

/** How a turn ended: by itself, or at which bound. */
export interface LoopResult {
  readonly usage: Usage;
  readonly rounds: number;
  readonly stoppedBy: 'rounds' | 'calls' | 'tokens' | 'characters' | null;
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

class Turn {
  readonly #input: LoopInput;
  readonly #deps: LoopDeps;
  readonly #budget: LoopBudget;
  readonly #late = new AbortController();
  readonly #signal: AbortSignal;
  readonly #tools: ReadonlyMap<string, OfferedTool>;
  readonly #messages: ModelMessage[];
  #usage: Usage = { model: '', inputTokens: 0, outputTokens: 0 };
  #rounds = 0;
  #calls = 0;
  #said = 0;

  constructor(input: LoopInput, deps: LoopDeps) {
    this.#input = input;
    this.#deps = deps;
    this.#budget = { ...loopBudget, ...deps.budget };
    this.#signal = input.signal ? AbortSignal.any([input.signal, this.#late.signal]) : this.#late.signal;
    this.#tools = toolsOf(input.agents);
    this.#messages = [...input.messages];
  }

  async *run(): AsyncGenerator<LoopEvent, LoopResult> {
    const late = () => this.#late.abort(new AdiuvaError('model.timeout', { detail: 'the turn took too long' }));
    const stop = this.#deps.clock.after(this.#budget.ms, late);
    try {
      for (;;) {
        const closing = ++this.#rounds >= this.#budget.rounds;
        const reply = yield* this.#ask(closing);
        const spent = this.#spent();
        if (reply.toolCalls.length === 0 && spent !== 'characters') return yield* this.#finish(null);
        if (closing || spent) return yield* this.#finish(spent ?? 'rounds');
        yield* this.#answerCalls(reply);
      }
    } finally {
      stop();
    }
  }

  /** One request to the model; its pieces leave as they come. */
  async *#ask(closing: boolean): AsyncGenerator<LoopEvent, ModelReply> {
    const { agents, message, context } = this.#input;
    const request: ModelRequest = {
      messages: this.#messages,
      turn: { agent: agents[0] ?? 'general', message, context },
      signal: this.#signal,
      ...(!closing && { tools: [...this.#tools.values()].map(({ tool }) => tool) }),
    };
    let first = true;
    for await (const event of this.#deps.model.stream(request)) {
      if (event.type === 'done') return this.#count(event.reply);
      // Texts of two rounds are two paragraphs.
      const text = first && this.#said > 0 ? `\n\n${event.text}` : event.text;
      first = false;
      this.#said += text.length;
      yield { type: 'text', text };
      if (this.#said > this.#budget.characters)
        return this.#count({ text: '', toolCalls: [], usage: { model: this.#deps.model.id, inputTokens: 0, outputTokens: 0 } });
    }
    throw new AdiuvaError('model.bad_reply', { detail: 'the stream ended without its end' });
  }

  #count(reply: ModelReply): ModelReply {
    const { model, inputTokens, outputTokens } = reply.usage;
    this.#usage = { model, inputTokens: this.#usage.inputTokens + inputTokens, outputTokens: this.#usage.outputTokens + outputTokens };
    return reply;
  }

  #spent(): 'tokens' | 'calls' | 'characters' | undefined {
    if (this.#usage.inputTokens + this.#usage.outputTokens > this.#budget.tokens) return 'tokens';
    if (this.#said > this.#budget.characters) return 'characters';
    return this.#calls >= this.#budget.calls ? 'calls' : undefined;
  }

  /** Runs every call of a reply and puts the results where the model reads them. */
  *#answerCalls({ text, toolCalls }: ModelReply): Generator<LoopEvent> {
    this.#messages.push({ role: 'assistant', content: text, toolCalls });
    for (const call of toolCalls) {
      const { event, result } = this.#runCall(call);
      if (event) yield event;
      this.#messages.push({ role: 'tool', callId: call.id, name: call.name, content: JSON.stringify(result) });
    }
  }

  #runCall({ name, arguments: args }: ToolCall): { event?: LoopEvent; result: unknown } {
    if (++this.#calls > this.#budget.calls) return { result: { error: 'too many calls in this turn' } };
    const offered = this.#tools.get(name);
    if (!offered) return { result: { error: `there is no tool "${name.slice(0, 60)}"; there are ${[...this.#tools.keys()].join(', ')}` } };
    try {
      const { summary, result } = offered.tool.run(args, this.#input);
      return { event: { type: 'action', agent: offered.agent, name, summary }, result };
    } catch (error) {
      if (!(error instanceof AdiuvaError)) throw error;
      return { result: { error: error.detail ?? error.row.title } };
    }
  }

  /** An answer is never empty, and never silently cut. */
  *#finish(stoppedBy: LoopResult['stoppedBy']): Generator<LoopEvent, LoopResult> {
    const closing = stoppedBy ? words[stoppedBy] : this.#said > 0 ? '' : this.#unsaid();
    if (closing) yield { type: 'text', text: this.#said > 0 ? `\n\n${closing}` : closing };
    return { usage: this.#usage, rounds: this.#rounds, stoppedBy };
  }

  #unsaid(): string {
    const count = this.#input.plan.steps.length;
    if (count === 0) return 'I have no answer to that.';
    return count === 1 ? 'I prepared one step for you to look at.' : `I prepared ${count} steps for you to look at.`;
  }
}
