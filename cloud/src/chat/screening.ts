import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { ExecutionPlan } from '@adiuva/shared/contracts/plan.ts';
import { withheld as withheldWords, type Watch } from './leak-guard.ts';
import type { LinkRule } from './links.ts';

/** Where something was withheld. */
export type Withheld = 'token' | 'action' | 'plan' | 'problem';

/** What an answer passes on its way out: our own words and addresses that would carry something away stay here. */
export interface Screen {
  /** The part of the answer that may leave now. */
  say(text: string): string;
  /** What was still waiting. */
  end(): string;
  /** A line by itself. */
  line(text: string): string;
  /** @throws AdiuvaError `model.bad_reply` when a field repeats our instructions: half a step would be another step */
  plan(plan: ExecutionPlan): ExecutionPlan;
}

/**
 * The screen of one answer. `links` where texts of strangers are in the turn. `withheld` is told of everything that stays here: where, and how often;
 * never what it was.
 */
export function openScreen(watch: Watch, links: LinkRule | undefined, withheld: (where: Withheld, count: number) => void): Screen {
  const leaks = watch.guard();
  const addresses = links?.guard();
  let told = 0;
  let names = '';
  const tell = () => {
    const caught = leaks.caught + (addresses?.caught ?? 0);
    if (caught > told) withheld('token', caught - told);
    told = caught;
  };
  return {
    say(text) {
      const said = leaks.push(text);
      const out = addresses ? addresses.push(said) : said;
      tell();
      return out;
    },
    end() {
      const said = leaks.end();
      const out = addresses ? addresses.push(said) + addresses.end() : said;
      tell();
      return out;
    },
    line(text) {
      // Names of one answer count together: four titles can spell one word.
      const name = /“(.*)”/s.exec(text)?.[1] ?? '';
      const spells = watch.holds(names + name);
      if (!spells) names += `${name}\n`;
      const cleaned = spells ? text.replace(name, () => withheldWords) : watch.clean(text);
      if (cleaned !== text) withheld('action', 1);
      return cleaned;
    },
    plan(plan) {
      if (!watch.holds(plan)) return plan;
      withheld('plan', 1);
      throw new AdiuvaError('model.bad_reply', { detail: 'a step repeats internal words' });
    },
  };
}

/** What ends an answer, without the words that came from a model where they are ours. */
export function screenedFault(thrown: unknown, watch: Watch, withheld: (where: Withheld, count: number) => void): unknown {
  if (!(thrown instanceof AdiuvaError) || thrown.detail === undefined || !watch.holds(thrown.detail)) return thrown;
  withheld('problem', 1);
  return new AdiuvaError(thrown.code, { ...(thrown.retryAfter !== undefined && { retryAfter: thrown.retryAfter }) });
}
