import { z } from 'zod';
import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Model } from '@adiuva/shared/models/model.ts';
import type { Prompts } from './prompts.ts';
import type { Spending } from './spending.ts';

export interface ReaderDeps {
  readonly model: Model;
  readonly prompts: Prompts;
  readonly clock: Clock;
  /** Told what the reading has cost. */
  readonly spending?: Pick<Spending, 'count'>;
}

type Document = ChatContext['relevantDocuments'][number];

const patienceMs = 20_000;
/** What of a stranger's texts is read at all, and how much may come back of each. */
const bounds = { documents: 20, excerpt: 4_000, summary: 600, facts: 10, fact: 200 } as const;
const unread = '(not read: its author is not the user)';

const report = z.object({
  documents: z
    .array(
      z.object({
        index: z.int().nonnegative(),
        summary: z.string().max(bounds.summary),
        facts: z.array(z.string().max(bounds.fact)).max(bounds.facts),
        givesOrders: z.boolean(),
      }),
    )
    .max(bounds.documents),
});

/** Documents of the turn that strangers wrote. */
export const strangersIn = ({ relevantDocuments }: ChatContext): readonly Document[] =>
  relevantDocuments.filter(({ provenance }) => provenance === 'untrusted');

/**
 * The context with every stranger's document replaced by what a reader without tools says about it, in fields of bounded size. The model that has
 * tools never sees such a text itself. Where the reader fails, the text is left out rather than let through.
 */
export async function withReadStrangers(message: string, context: ChatContext, deps: ReaderDeps, signal: AbortSignal): Promise<ChatContext> {
  const strangers = strangersIn(context).slice(0, bounds.documents);
  const read = await readAll(message, strangers, deps, signal);
  const excerptOf = (document: Document) => read.get(document) ?? unread;
  const relevantDocuments = context.relevantDocuments.map((document) =>
    document.provenance === 'untrusted' ? { ...document, excerpt: excerptOf(document) } : document,
  );
  return { ...context, relevantDocuments };
}

async function readAll(
  message: string,
  strangers: readonly Document[],
  { model, prompts, clock, spending }: ReaderDeps,
  signal: AbortSignal,
): Promise<Map<Document, string>> {
  const late = new AbortController();
  const stop = clock.after(patienceMs, () => late.abort(new AdiuvaError('model.timeout')));
  const texts = strangers.map(({ title, excerpt }, index) => ({ index, title, text: excerpt.slice(0, bounds.excerpt) }));
  try {
    const request = { messages: prompts.reading(message, texts), schema: { name: 'reading', shape: report }, signal: AbortSignal.any([signal, late.signal]) };
    const reply = await model.complete(request);
    spending?.count(reply.usage);
    const { documents } = report.parse(JSON.parse(reply.text));
    return new Map(documents.flatMap(({ index, ...fields }) => (strangers[index] ? [[strangers[index], JSON.stringify(fields)]] : [])));
  } catch {
    signal.throwIfAborted();
    return new Map();
  } finally {
    stop();
  }
}
