import type { z } from 'zod';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem, problem } from '@adiuva/shared/contracts/problem.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Address } from './address.ts';

/** How a request ended for the line itself: an answer of our cloud, none at all, or something that says nothing about it. */
export type Outcome = 'reached' | 'unreachable';

export interface HttpDeps {
  readonly address: Address;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Aborts when the cloud room closes: no request outlives it. */
  readonly closing: AbortSignal;
  outcome(outcome: Outcome): void;
}

export interface Ask<T> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Under `/api/v1`, or under `base`. */
  readonly path: string;
  readonly base?: string;
  readonly body?: unknown;
  readonly token?: string;
  /** What the answer must be; anything else is `cloud.bad_reply`. */
  readonly reply: z.ZodType<T>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole exchange, the body included. */
  readonly limitMs?: number;
}

/** What is there now, with the tag it goes by; null where it is still what the tag in the question names. */
export type Tagged<T> = { readonly etag: string | null; readonly data: T } | null;

const limits = { ms: 30_000, bytes: 4 * 1024 * 1024, detail: 500, tag: 200 } as const;

/**
 * One request to the cloud and its checked answer, in bounded time and memory.
 * @throws AdiuvaError what the cloud said · `cloud.offline` no answer · `cloud.bad_reply` an answer that is not the cloud's. An abort
 * rejects with the signal's reason.
 */
export async function ask<T>(deps: HttpDeps, question: Ask<T>): Promise<T> {
  return exchange(deps, question, {}, async (response) => accept(deps, response, await readText(response), question.reply));
}

/** The same with `If-None-Match`: asks only for what is another thing than `etag` names. */
export async function askIfChanged<T>(deps: HttpDeps, question: Ask<T>, etag: string | null): Promise<Tagged<T>> {
  return exchange(deps, question, etag === null ? {} : { 'if-none-match': etag }, async (response) => {
    const text = await readText(response);
    if (response.status === 304 && etag !== null) {
      deps.outcome('reached');
      return null;
    }
    const tag = response.headers.get('etag');
    return { etag: tag === null ? null : tag.slice(0, limits.tag), data: accept(deps, response, text, question.reply) };
  });
}

async function exchange<T, R>(
  deps: HttpDeps,
  { signal, limitMs = limits.ms, ...request }: Ask<T>,
  more: Record<string, string>,
  read: (response: Response) => Promise<R>,
): Promise<R> {
  const deadline = new AbortController();
  const stop = deps.clock.after(limitMs, () => deadline.abort());
  const merged = AbortSignal.any([deadline.signal, deps.closing, ...(signal ? [signal] : [])]);
  try {
    return await read(await send(deps, request, more, merged));
  } catch (error) {
    throw failure(deps, error, signal);
  } finally {
    stop();
    deadline.abort();
  }
}

function send(
  deps: HttpDeps,
  { method, path, base = deps.address.http, body, token }: Omit<Ask<unknown>, 'reply'>,
  more: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...more };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  // A redirect would carry tokens and text to wherever it points.
  return deps.fetch(`${base}${path}`, { method, headers, signal, redirect: 'error', ...(body !== undefined && { body: JSON.stringify(body) }) });
}

/** What a request that failed rejects with: the reason of who called it off, what is known of the fault, or that nobody answered. */
export function failure(deps: HttpDeps, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const known = error instanceof AdiuvaError ? error : new AdiuvaError('cloud.offline', { cause: error });
  if (known.code === 'cloud.offline' && !deps.closing.aborted) deps.outcome('unreachable');
  return known;
}

async function readText(response: Response): Promise<string> {
  return new TextDecoder().decode(await readBytes(response, limits.bytes, 'the answer does not end'));
}

/**
 * The body, read no further than `most`. One that breaks off is a bad answer, not a missing one: something did answer.
 * @param moved called for each piece that came
 */
export async function readBytes(response: Response, most: number, tooLong: string, moved: () => void = () => {}): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += part.length;
      if (size > most) break;
      parts.push(part);
      moved();
    }
  } catch (cause) {
    throw new AdiuvaError('cloud.bad_reply', { detail: 'the answer broke off', cause });
  }
  if (size > most) throw new AdiuvaError('cloud.bad_reply', { detail: tooLong });
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

/** A login page of some network on the way also answers with 200, so only JSON counts as having reached the cloud. */
function accept<T>(deps: HttpDeps, response: Response, text: string, reply: z.ZodType<T>): T {
  const data = parseJson(text);
  if (data === undefined && !(response.ok && text === '')) {
    deps.outcome('unreachable');
    throw badReply('the answer is not JSON', response);
  }
  if (!response.ok) throw said(deps, data, response);
  deps.outcome('reached');
  const parsed = reply.safeParse(data);
  if (!parsed.success) throw badReply('the answer has another shape than agreed', response);
  return parsed.data;
}

function said(deps: HttpDeps, data: unknown, response: Response): AdiuvaError {
  if (!problem.safeParse(data).success) return badReply('the refusal has another shape than agreed', response);
  deps.outcome('reached');
  return bounded(fromProblem(data), response.headers.get('retry-after'));
}

/** What a server says is shown to the user, so it has a size; the header fills in where the problem names no time. */
export function bounded(error: AdiuvaError, retryAfterHeader: string | null = null): AdiuvaError {
  const retryAfter = error.retryAfter ?? seconds(retryAfterHeader);
  return new AdiuvaError(error.code, {
    ...(error.detail !== undefined && { detail: error.detail.slice(0, limits.detail) }),
    ...(retryAfter !== undefined && { retryAfter: Math.min(Math.max(retryAfter, 0), 86_400) }),
    ...(error.requestId !== undefined && { requestId: error.requestId.slice(0, 100) }),
  });
}

function badReply(detail: string, response: Response): AdiuvaError {
  const retryAfter = seconds(response.headers.get('retry-after'));
  return bounded(new AdiuvaError('cloud.bad_reply', { detail, ...(retryAfter !== undefined && { retryAfter }) }));
}

/** Of a Retry-After header; its other form, a date, counts as none. */
export const seconds = (header: string | null): number | undefined => (header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined);

/** Undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
