import { z } from 'zod';
import { mayHave, llmStepLimits, type LlmOutput, type LlmStepReply } from '@adiuva/shared/contracts/playbook.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import { setsOfTemplate } from './catalogue.ts';
import { instructionsOf, prepare, secretTexts, type Prepared, type StepTemplateId } from './templates.ts';

/** What looks over an answer before it leaves: the door of the leak guard. */
export interface Watching {
  clean(text: string): string;
  /** Whether something is left in any text of a value, or in those that stand under one name together. */
  holds(value: unknown): boolean;
}

export interface LlmStepDeps {
  readonly model: Model;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly newMark: (random: Random) => string;
  readonly watchFor: (secrets: { readonly marks: readonly string[]; readonly texts: readonly string[] }) => Watching;
  readonly limitMs?: number;
}

/** Prompt steps of plans and playbooks, run on the server by template id. */
export interface LlmSteps {
  /**
   * Nothing of it is kept. With `builtin` alone the answer is made by rule, as it is where a chain that ends with it finds no other that answers.
   * @throws AdiuvaError `template.not_found` · `template.variables` · `request.too_large` · `tier.required` · what the model port throws · the signal's reason
   */
  run(tier: TierName, templateId: string, variables: unknown, signal: AbortSignal): Promise<LlmStepReply>;
}

const patienceMs = 60_000;

/** Looser than what leaves: a model that says too much is cut, not refused. */
const said = z.object({ text: z.string(), items: z.array(z.object({ title: z.string(), detail: z.string(), ref: z.string() })) });

export function openLlmSteps({ model, clock, random, log, newMark, watchFor, limitMs = patienceMs }: LlmStepDeps): LlmSteps {
  const mark = newMark(random);
  let made: Watching | undefined;
  const watch = () => (made ??= watchFor({ marks: [mark], texts: secretTexts }));

  async function byModel(id: StepTemplateId, prepared: Prepared, signal: AbortSignal): Promise<LlmStepReply> {
    const messages = [
      { role: 'system', content: instructionsOf(id, mark) },
      { role: 'user', content: JSON.stringify(prepared.variables) },
    ] as const;
    const { text, usage } = await model.complete({ messages, schema: { name: 'step', shape: said }, signal });
    const output = bounded(readAnswer(text), prepared, (each) => watch().clean(each));
    // Spread over the items of a list, no single text shows it.
    if (watch().holds(output)) throw new AdiuvaError('model.bad_reply', { detail: 'the answer repeats what it must not' });
    return { templateId: id, output, model: usage.model };
  }

  const byRule = (id: StepTemplateId, prepared: Prepared): LlmStepReply => ({
    templateId: id,
    output: bounded(prepared.byRule(), prepared, (text) => text),
    model: 'builtin',
  });

  return {
    async run(tier, templateId, variables, signal) {
      const prepared = prepare(templateId, variables);
      const { id } = prepared;
      if (!setsOfTemplate(id).some((set) => mayHave(tier, set))) throw new AdiuvaError('tier.required');
      const members = model.id.split(',');
      if (members.length === 1 && members[0] === 'builtin') return byRule(id, prepared);
      const late = new AbortController();
      const stop = clock.after(limitMs, () => late.abort(new AdiuvaError('model.timeout')));
      try {
        return await byModel(id, prepared, AbortSignal.any([signal, late.signal]));
      } catch (error) {
        signal.throwIfAborted();
        if (!members.includes('builtin') || !(error instanceof AdiuvaError)) throw error;
        log.warn('llm_step.by_rule', { templateId: id, code: error.code });
        return byRule(id, prepared);
      } finally {
        stop();
      }
    },
  };
}

function readAnswer(text: string): LlmOutput {
  try {
    return said.parse(JSON.parse(text));
  } catch (cause) {
    throw new AdiuvaError('model.bad_reply', { detail: 'the answer is not of the agreed shape', cause });
  }
}

/** Only declared fields leave, of bounded size, each looked over; a reference to a row that was not given is none. */
function bounded({ text, items }: LlmOutput, { variables }: Prepared, clean: (text: string) => string): LlmOutput {
  const given = new Set(
    Object.values(variables as Record<string, unknown>).flatMap((value) => (Array.isArray(value) ? value.map((row: { id?: string }) => row.id) : [])),
  );
  const cut = (value: string, most: number) => clean(value).slice(0, most).toWellFormed();
  return {
    text: cut(text, llmStepLimits.text),
    items: items
      .slice(0, llmStepLimits.items)
      .map(({ title, detail, ref }) => ({
        title: cut(title, llmStepLimits.title).trim(),
        detail: cut(detail, llmStepLimits.detail),
        ref: given.has(ref) ? ref : '',
      }))
      .filter(({ title }) => title !== ''),
  };
}
