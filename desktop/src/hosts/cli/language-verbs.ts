import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { OutputOf } from '../../bridge/procedures.ts';
import { errorDocument } from './report.ts';
import { misused, optional, plain, verb, wholeNumber, type Call } from './verb.ts';

/** One line of `understand --stdin`: a text, or JSON `{ text, reference, timeZone }`. */
function readLine(line: string): { text: string; reference?: unknown; timeZone?: unknown } {
  if (!line.startsWith('{')) return { text: line };
  try {
    const value = JSON.parse(line) as { text?: unknown; reference?: unknown; timeZone?: unknown };
    return typeof value.text === 'string' ? { ...value, text: value.text } : { text: line };
  } catch {
    return { text: line };
  }
}

/** Loaded when it is asked for: the other verbs start without it. */
async function reader() {
  const { understand } = await import('@adiuva/shared/language/understand.ts');
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (line: string, plainText = false) => {
    const { text, reference, timeZone } = plainText ? { text: line } : readLine(line);
    return understand(text, { reference: (reference ?? new Date().toISOString()) as string, timeZone: (timeZone ?? zone) as string });
  };
}

/** A line out for every line in, also where one is refused, so that both can be laid side by side. Gives the exit code. */
async function eachLine(call: Call, answer: (line: string) => unknown): Promise<number> {
  let exit = 0;
  for await (const line of call.lines()) {
    try {
      call.write(`${JSON.stringify(await answer(line))}\n`);
    } catch (error) {
      const ours = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
      exit = ours.row.exit;
      call.write(`${JSON.stringify(errorDocument(ours))}\n`);
    }
  }
  return exit;
}

/** Either words or `--stdin`, not both. */
function source(call: Call): 'words' | 'lines' {
  const lines = call.options['stdin'] === true;
  if (lines === call.args.length > 0) throw misused('give a text, or --stdin');
  return lines ? 'lines' : 'words';
}

type Search = OutputOf<'search.query'>;

async function search(call: Call): Promise<Search | Lines> {
  const from = source(call);
  const collection = optional(call, 'collection');
  const limit = wholeNumber(call, 'limit') ?? 20;
  const { api } = await call.open();
  const one = (query: string) => api['search.query']({ query, limit, ...(collection !== undefined && { collection }) }, call.signal);
  return from === 'words' ? one(call.args[0]!) : { lines: await eachLine(call, one) };
}

/** Lines were written; the number is the exit code. */
interface Lines {
  readonly lines: number;
}
const isLines = (result: object): result is Lines => 'lines' in result;
const json = <R extends object>(result: R | Lines): R | undefined => (isLines(result) ? undefined : result);
const exit = (result: object) => (isLines(result) ? result.lines : 0);

type Understanding = ReturnType<Awaited<ReturnType<typeof reader>>>;

const understandingText = ({ agent, confidence, intent, title, priority, dates, recurrence }: Understanding) =>
  plain(
    [
      `${agent} (${confidence.toFixed(2)}), ${intent}: ${title}`,
      ...(priority ? [`priority ${priority}`] : []),
      ...dates.map(({ text, start }) => `${text} → ${start}`),
      ...(recurrence ? [recurrence] : []),
    ].join('\n'),
  );

export const languageVerbs = {
  understand: verb<Understanding | Lines>({
    usage: 'TEXT | --stdin',
    about: 'what a text asks for, without any model; with --stdin one JSON line for each line',
    words: [0, 1],
    options: { stdin: { type: 'boolean' } },
    async run(call) {
      const from = source(call);
      const read = await reader();
      return from === 'words' ? read(call.args[0]!, true) : { lines: await eachLine(call, (line) => read(line)) };
    },
    text: (result) => (isLines(result) ? undefined : understandingText(result)),
    json,
    exit,
  }),
  search: verb<Search | Lines>({
    usage: 'QUERY [--collection C] [--limit N] | --stdin',
    about: 'searches everything in the vault',
    words: [0, 1],
    options: { stdin: { type: 'boolean' }, collection: { type: 'string' }, limit: { type: 'string' } },
    run: search,
    text: (result) =>
      isLines(result)
        ? undefined
        : plain(result.hits.map(({ id, collection, title, snippet }) => `${id}  ${collection}  ${title}\n    ${snippet}`).join('\n')) || 'nothing found',
    json,
    exit,
  }),
};
