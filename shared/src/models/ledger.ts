import type { Usage } from '../contracts/chat.ts';

/** US dollars for a million tokens. Prices change and are agreed upon one by one, so they are configured, never guessed. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** By the name of the model as in `ADIUVA_MODELS`. */
export type Prices = Readonly<Record<string, Price>>;

/** What one model has done so far. `cost` in US dollars; null as soon as something of it has no known price. */
export interface ModelAccount {
  readonly requests: number;
  readonly failures: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: number | null;
}

export interface Ledger {
  /** A finished answer; returns what it cost. `local` costs nothing. */
  used(usage: Usage, local: boolean): number | null;
  /** A try that failed. What it used up, nobody says. */
  failed(model: string): void;
  accounts(): Readonly<Record<string, ModelAccount>>;
}

/** What an answer cost; null without a price. */
export function costOf({ model, inputTokens, outputTokens }: Usage, prices: Prices): number | null {
  const price = Object.hasOwn(prices, model) ? prices[model] : undefined;
  return price ? (inputTokens * price.input + outputTokens * price.output) / 1_000_000 : null;
}

const untouched: ModelAccount = { requests: 0, failures: 0, inputTokens: 0, outputTokens: 0, cost: 0 };

/** Use and cost by model, in memory. */
export function openLedger(prices: Prices = {}): Ledger {
  const accounts = new Map<string, ModelAccount>();
  const of = (model: string) => accounts.get(model) ?? untouched;
  return {
    used(usage, local) {
      const { model, inputTokens, outputTokens } = usage;
      const cost = local ? 0 : costOf(usage, prices);
      const { requests, failures, ...before } = of(model);
      accounts.set(model, {
        requests: requests + 1,
        failures,
        inputTokens: before.inputTokens + inputTokens,
        outputTokens: before.outputTokens + outputTokens,
        cost: cost === null || before.cost === null ? null : before.cost + cost,
      });
      return cost;
    },
    failed(model) {
      accounts.set(model, { ...of(model), failures: of(model).failures + 1 });
    },
    accounts: () => Object.fromEntries(accounts),
  };
}
