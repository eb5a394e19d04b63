import type { Usage } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';

/**
 * What one request may use up, whoever works on it. `rounds` are requests to the model of one agent, the last of them without tools so that it comes to an
 * end; all else is shared by the agents of the request.
 */
export const loopBudget = { rounds: 5, calls: 64, tokens: 120_000, ms: 180_000, characters: 100_000 } as const;
export type LoopBudget = { readonly [K in keyof typeof loopBudget]: number };

/** How much of its budget a request has used. */
export interface Spending {
  readonly budget: LoopBudget;
  /** Aborts with the reader's reason, or `model.timeout` when the time is used up. */
  readonly signal: AbortSignal;
  readonly usage: Usage;
  count(usage: Usage): void;
  /** Takes one call of a tool; false when none is left. */
  call(): boolean;
  /** The bound that is reached, if one is. */
  spent(): 'tokens' | 'calls' | undefined;
  /** Stops the clock. */
  close(): void;
}

export function openSpending(limits: Partial<LoopBudget> | undefined, clock: Clock, signal?: AbortSignal): Spending {
  const budget = { ...loopBudget, ...limits };
  const late = new AbortController();
  const close = clock.after(budget.ms, () => late.abort(new AdiuvaError('model.timeout', { detail: 'the turn took too long' })));
  let usage: Usage = { model: '', inputTokens: 0, outputTokens: 0 };
  let calls = 0;
  return {
    budget,
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    get usage() {
      return usage;
    },
    count({ model, inputTokens, outputTokens }) {
      usage = { model, inputTokens: usage.inputTokens + inputTokens, outputTokens: usage.outputTokens + outputTokens };
    },
    call: () => ++calls <= budget.calls,
    spent() {
      if (usage.inputTokens + usage.outputTokens > budget.tokens) return 'tokens';
      return calls >= budget.calls ? 'calls' : undefined;
    },
    close,
  };
}
