import { AdiuvaError } from '../contracts/errors.ts';

/**
 * What an answer may weigh: all of it and one line of it in bytes; its lines, and those between two that hold data, by number. Far beyond the longest
 * answers, far below what hurts.
 */
const wireLimits = { bytes: 64 * 1024 * 1024, line: 1024 * 1024, lines: 1_000_000, quiet: 10_000 } as const;

/** Bytes handed on at once: some libraries copy all they hold for each line of it. */
const portion = 4_096;

/** The lines of an answer that hold JSON: all of them, or those that begin with `data:` (server-sent events). */
export type Framing = 'lines' | 'sse';

export interface WireOptions {
  readonly send: typeof fetch;
  /** Requests go below this address only. */
  readonly baseUrl: string;
  /** The key, where this provider wants it. The libraries never see it, so that none can log it or put it into an error. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Checks each line before the library sees it: several drop what is no JSON, or print it to the console. */
  readonly json?: Framing;
  /** Looks at each JSON value of the answer; returns why it ends where it says so, throws an `AdiuvaError` when there will be none. */
  readonly inspect?: (data: unknown) => string | undefined;
}

/** A `fetch` for one request of a vendor's library. */
export interface Wire {
  readonly fetch: typeof fetch;
  /** Whether the library has asked for anything. */
  asked(): boolean;
  /** What went wrong on the way, whatever the library made of it. */
  fault(): AdiuvaError | undefined;
  /** Why the answer ended, where `inspect` saw it. */
  finish(): string | undefined;
  /** Ends what is still under way. */
  close(): void;
}

/** Headers of the libraries that go out; the rest tells about this machine or comes from its environment. */
const passing = ['accept', 'anthropic-beta', 'anthropic-version', 'content-type'];

/**
 * Stands between a vendor's library and the network. Every status, redirect, content type, size and encoding is judged here, once for all vendors:
 * an answer reaches the library only when it is a 2xx of the right kind, piece by piece, valid UTF-8 and within {@link wireLimits}.
 */
export function openWire(options: WireOptions): Wire {
  const cut = new AbortController();
  const onAbort = () => cut.abort(options.signal?.reason);
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let fault: AdiuvaError | undefined;
  let finish: string | undefined;
  let asked = false;
  const seen = (data: unknown) => void (finish = options.inspect?.(data) ?? finish);
  const fail = (thrown: unknown): AdiuvaError => {
    fault ??= thrown instanceof AdiuvaError ? thrown : new AdiuvaError('model.unavailable', { cause: thrown, detail: 'the connection to the provider failed' });
    return fault;
  };
  return {
    fetch: async (input, init) => {
      asked = true;
      try {
        const response = await ask(options, input, init, cut.signal);
        const whole = /application\/json/.test(response.headers.get('content-type') ?? '');
        const body = guarded(response, whole ? undefined : options.json, seen, fail);
        return new Response(whole ? await json(body) : body, { status: response.status, headers: response.headers });
      } catch (thrown) {
        throw fail(thrown);
      }
    },
    asked: () => asked,
    fault: () => fault,
    finish: () => finish,
    close: () => {
      options.signal?.removeEventListener('abort', onAbort);
      cut.abort();
    },
  };
}

async function ask(options: WireOptions, input: Parameters<typeof fetch>[0], init: RequestInit | undefined, signal: AbortSignal): Promise<Response> {
  const request = input instanceof Request ? input : undefined;
  const url = request?.url ?? String(input);
  const base = options.baseUrl.replace(/\/+$/, '');
  if (url !== base && !url.startsWith(`${base}/`) && !url.startsWith(`${base}?`))
    throw new AdiuvaError('model.refused', { detail: 'the library asked another address' });
  const body = request ? await request.text() : init?.body;
  const response = await options.send(url, {
    method: request?.method ?? init?.method ?? 'GET',
    headers: headersOf(request?.headers ?? init?.headers, options.headers),
    // A redirect would carry key and prompt to whoever the answer names.
    redirect: 'manual',
    signal,
    ...(body && { body }),
  });
  await judge(response);
  return response;
}

function headersOf(given: ConstructorParameters<typeof Headers>[0], own: Readonly<Record<string, string>>): Record<string, string> {
  const all = new Headers(given);
  const kept = passing.flatMap((name): [string, string][] => (all.has(name) ? [[name, all.get(name)!]] : []));
  return { ...Object.fromEntries(kept), ...own };
}

/** @throws AdiuvaError for everything but a 2xx that is JSON, lines of JSON or server-sent events */
async function judge(response: Response): Promise<void> {
  if (response.ok && /json|event-stream/.test(response.headers.get('content-type') ?? '')) return;
  if (response.ok || response.type === 'opaqueredirect' || response.status < 400) {
    response.body?.cancel().catch(() => {});
    if (response.ok) throw new AdiuvaError('model.unavailable', { detail: 'what answered is no model' });
    throw new AdiuvaError('model.refused', { detail: 'the provider redirects elsewhere' });
  }
  throw statusFault(response.status, response.headers, await firstWords(response));
}

/** Statuses that pass by themselves, besides all from 500: timeout, conflict, too early, too many. */
const transient = new Set([408, 409, 425, 429]);
const overlong = /context.{0,10}(?:length|window)|too (?:long|large|many (?:input )?tokens)|maximum.{0,20}tokens|exceeds.{0,40}tokens/i;
const unpaid = /insufficient_quota|credit balance|payment required/i;

/** The vendor's words decide, but stay behind: they may quote the prompt. */
function statusFault(status: number, headers: Headers, words: string): AdiuvaError {
  if (status === 402 || (status < 500 && unpaid.test(words)))
    return new AdiuvaError('model.refused', { detail: 'the account at the provider has no credit left' });
  if (status === 429) return new AdiuvaError('model.unavailable', { detail: 'the provider limits the rate', ...retryAfter(headers, words) });
  if (status >= 500 || transient.has(status))
    return new AdiuvaError('model.unavailable', { detail: `the provider answered ${status}`, ...retryAfter(headers, words) });
  if (status === 413 || (status === 400 && overlong.test(words)))
    return new AdiuvaError('model.refused', { detail: 'the conversation is too long for this model' });
  return new AdiuvaError('model.refused', { detail: `the provider answered ${status}` });
}

const longestRetryAfter = 3_600;

/** Seconds, from `Retry-After` as a number or a date (RFC 9110 §10.2.3), or Google's `retryDelay`; at most an hour. Else left out. */
function retryAfter(headers: Headers, words: string): { retryAfter?: number } {
  const header = headers.get('retry-after');
  const delay = /"retryDelay"\s*:\s*"([\d.]+)s"/.exec(words)?.[1];
  const byDate = (Date.parse(header ?? '') - Date.parse(headers.get('date') ?? '')) / 1_000;
  const seconds = [Number(header || Number.NaN), byDate, Number(delay)].find((value) => Number.isFinite(value) && value >= 0);
  return seconds === undefined ? {} : { retryAfter: Math.min(Math.ceil(seconds), longestRetryAfter) };
}

/** The first 8 KB of the body of an error, which may itself have no end. */
async function firstWords(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let words = '';
  try {
    while (reader && words.length < 8_192) {
      const { done, value } = await reader.read();
      if (done) break;
      words += decoder.decode(value, { stream: true });
    }
  } catch {
    // The status says enough.
  }
  reader?.cancel().catch(() => {});
  return words.slice(0, 8_192);
}

/** An answer that is one JSON value, read to its end here: a library that fails over it leaves a rejected promise behind, which ends the process. */
async function json(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const text = await new Response(body).text();
  try {
    JSON.parse(text);
  } catch {
    throw badReply('the answer is no JSON');
  }
  return text;
}

/** The body, checked as it is read. */
function guarded(
  response: Response,
  json: Framing | undefined,
  see: (data: unknown) => void,
  fail: (thrown: unknown) => AdiuvaError,
): ReadableStream<Uint8Array> | null {
  const reader = response.body?.getReader();
  if (!reader) return null;
  const check = checkOf(json, see);
  let rest = new Uint8Array();
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        check(value);
        if (done) return undefined;
        rest = value;
      }
      const piece = rest.subarray(0, portion);
      rest = rest.subarray(portion);
      return piece;
    } catch (thrown) {
      reader.cancel().catch(() => {});
      throw fail(thrown);
    }
  };
  return streamOf(next, (reason) => reader.cancel(reason));
}

/** A stream of what `next` gives, until it gives nothing. */
function streamOf(next: () => Promise<Uint8Array | undefined>, cancel: (reason?: unknown) => Promise<void>): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await next();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
      cancel,
    },
    // Nothing is read ahead of the library: what it does not take stays at the provider.
    { highWaterMark: 0 },
  );
  // Libraries that iterate get around the stream's own machinery, which costs more than all the checks.
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      const value = await next();
      return value ? { done: false, value } : { done: true, value: undefined };
    },
    return: async () => {
      await cancel().catch(() => {});
      return { done: true, value: undefined };
    },
  };
  return Object.defineProperty(stream, Symbol.asyncIterator, { value: () => iterator });
}

const badReply = (detail: string) => new AdiuvaError('model.bad_reply', { detail });

/** Takes one chunk after the other, then undefined for the end. @throws AdiuvaError `model.bad_reply` */
function checkOf(json: Framing | undefined, see: (data: unknown) => void): (chunk: Uint8Array | undefined) => void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [bytes, lines, quiet] = [0, 0, 0];
  let open = '';
  return (chunk) => {
    bytes += chunk?.byteLength ?? 0;
    const parts = decoded(decoder, chunk).split('\n');
    lines += parts.length - 1;
    parts[0] = open + parts[0]!;
    open = parts.pop()!;
    for (const line of parts) {
      quiet = json === 'lines' || line.startsWith('data:') ? 0 : quiet + 1;
      if (json) checkLine(line, json, see);
    }
    if (bytes > wireLimits.bytes || open.length > wireLimits.line || lines > wireLimits.lines || quiet > wireLimits.quiet)
      throw badReply('the answer has no end');
    if (!chunk && json && open) checkLine(open, json, see);
  };
}

function decoded(decoder: TextDecoder, chunk: Uint8Array | undefined): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw badReply('the answer is not UTF-8');
  }
}

function checkLine(line: string, framing: Framing, see: (data: unknown) => void): void {
  const data = framing === 'lines' ? line : line.startsWith('data:') ? line.slice(5).trim() : '[DONE]';
  if (data === '[DONE]') return;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw badReply('the answer is no JSON');
  }
  see(value);
}
