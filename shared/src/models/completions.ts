import type { Asked } from './vendor.ts';

/** One event of OpenAI's chat completions protocol, as much of it as is looked at here. */
interface Event {
  readonly choices?: readonly Choice[];
  readonly usage?: unknown;
  readonly error?: unknown;
}

interface Choice {
  readonly index?: number;
  readonly delta?: { role?: string; content?: unknown };
  readonly finish_reason?: unknown;
  readonly logprobs?: unknown;
}

/**
 * Asks for a streamed chat completion and gives its events. It stands in the place of OpenAI's own client, which costs as much for each token as all the
 * rest of the way: words that arrived together are given as one, so that what comes after is paid once a packet and not once a word.
 * @throws Error when the provider sends an error in the place of an event, SyntaxError when an event is no JSON, and what `send` throws
 */
export async function completionEvents({ send, baseUrl, signal }: Asked, request: object): Promise<AsyncIterable<Event>> {
  const response = await send(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(request),
    ...(signal && { signal }),
  });
  return { [Symbol.asyncIterator]: () => eventsOf(response.body![Symbol.asyncIterator]() as AsyncIterator<Uint8Array>) };
}

/** Not a generator: every word would pay for one more of them. */
function eventsOf(body: AsyncIterator<Uint8Array>): AsyncIterator<Event> {
  const read = reader();
  let waiting: Event[] = [];
  let ended = false;
  const next = async (): Promise<IteratorResult<Event>> => {
    while (waiting.length === 0 && !ended) {
      const { done, value } = await body.next();
      const datas = read(done ? undefined : value);
      const last = datas.indexOf('[DONE]');
      ended = done === true || last >= 0;
      waiting = joined((last < 0 ? datas : datas.slice(0, last)).map(parsed));
    }
    const event = waiting.shift();
    if (event) return { done: false, value: event };
    await body.return?.();
    return { done: true, value: undefined };
  };
  return { next, return: async () => (await body.return?.(), { done: true, value: undefined }) };
}

function parsed(data: string): Event {
  const event = JSON.parse(data) as Event;
  if (event?.error) throw new Error('an error came in the place of an event');
  return event;
}

/** Takes bytes, or nothing at the end, and gives the data of the events that are complete (WHATWG HTML §9.2.6). */
function reader(): (bytes: Uint8Array | undefined) => string[] {
  const decoder = new TextDecoder();
  let open = '';
  let data: string[] = [];
  return (bytes) => {
    const lines = (open + (bytes ? decoder.decode(bytes, { stream: true }) : `${decoder.decode()}\n\n`)).split('\n');
    open = lines.pop()!;
    const datas: string[] = [];
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      if (line !== '' || data.length === 0) continue;
      datas.push(data.join('\n'));
      data = [];
    }
    return datas;
  };
}

/** The one choice of an event that brings words and nothing else. */
function words({ choices, usage }: Event): (Choice & { readonly delta: { content: string } }) | undefined {
  const [choice, another] = choices ?? [];
  if (!choice?.delta || another || usage || choice.finish_reason || choice.logprobs) return undefined;
  const { delta } = choice;
  const bringsMore = Object.entries(delta).some(([key, value]) => key !== 'content' && key !== 'role' && value !== null);
  if (typeof delta.content !== 'string' || bringsMore) return undefined;
  return choice as Choice & { readonly delta: { content: string } };
}

/** Neighbours that bring nothing but words, as one. */
function joined(events: readonly Event[]): Event[] {
  const all: Event[] = [];
  let before: ReturnType<typeof words>;
  for (const event of events) {
    const now = words(event);
    if (now && before && now.index === before.index) before.delta.content += now.delta.content;
    else {
      all.push(event);
      before = now;
    }
  }
  return all;
}
