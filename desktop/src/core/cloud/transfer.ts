import { AdiuvaError, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem, problem } from '@adiuva/shared/contracts/problem.ts';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import { mayReach } from './address.ts';
import { ask, bounded, failure, parseJson, readBytes, seconds, type Ask, type HttpDeps } from './http.ts';
import type { AuthorizedSession } from './session.ts';

/** Where the cloud wants bytes put that it does not take itself. */
export interface SignedUpload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Requests that may be sent twice, and bytes either way. Each is tried up to six times where the reason may pass, which bridges an outage of some seconds, waiting as long as
 * the cloud asks for (up to a minute). Nobody above tries again: a second layer would multiply the tries. Errors: what the cloud said · `cloud.offline` · `cloud.bad_reply` · `auth.required`; an abort rejects with its reason.
 */
export interface Transfer {
  ask<T>(question: Ask<T>): Promise<T>;
  /** Puts bytes to a path under `/api/v1`. */
  upload(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Puts bytes to a signed address, without our token. @returns false where that address does not take them */
  uploadTo(place: SignedUpload, bytes: Uint8Array, signal?: AbortSignal): Promise<boolean>;
  /** @param most bytes; an answer that is longer is cut off there: `cloud.bad_reply` */
  download(path: string, most: number, signal?: AbortSignal): Promise<Uint8Array>;
}

export interface TransferDeps extends HttpDeps {
  readonly random: Random;
  readonly session: AuthorizedSession;
}

/** Reasons that pass by themselves. Others of the table may be worth a retry too, but one that begins somewhere else. */
const passing = new Set<ErrorCode>(['cloud.offline', 'cloud.bad_reply', 'rate.limited', 'request.timeout', 'dependency.unavailable', 'auth.busy', 'internal']);
const retries = { most: 5, waits: { base: 500, max: 10_000 }, longestMs: 60_000 } as const;

/**
 * Milliseconds. A line that moves nothing for `silent` is dead; what was handed over may still be in the machine's own buffers, so it counts at the slowest rate
 * that is worth waiting for. `whole` at that rate bounds an answer that drips.
 */
const limits = { silent: 45_000, slowest: 8 * 1_024, chunk: 256 * 1_024, refusal: 64 * 1_024 } as const;
const timeFor = (bytes: number): number => (bytes / limits.slowest) * 1_000;

export function createTransfer(deps: TransferDeps): Transfer {
  const authorized = <T>(work: (token: string) => Promise<T>, signal?: AbortSignal) => patiently(deps, signal, () => deps.session.withToken(work));
  return {
    ask: (question) => authorized((token) => ask(deps, { ...question, token }), question.signal),
    async upload(path, bytes, signal) {
      const url = `${deps.address.http}${path}`;
      await authorized(async (token) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
        await exchange(deps, { method: 'PUT', url, headers, bytes, most: limits.refusal, signal });
      }, signal);
    },
    async uploadTo({ url, headers }, bytes, signal) {
      if (!mayReach(deps.address, url)) return false;
      return await patiently(deps, signal, () => toStranger(deps, { method: 'PUT', url, headers: { ...headers }, bytes, most: limits.refusal, signal }));
    },
    download: (path, most, signal) =>
      authorized(
        (token) => exchange(deps, { method: 'GET', url: `${deps.address.http}${path}`, headers: { authorization: `Bearer ${token}` }, most, signal }),
        signal,
      ),
  };
}

/** Tries again while the reason may pass. */
async function patiently<T>({ clock, random, closing }: TransferDeps, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const wait = error instanceof AdiuvaError ? pause(error, tried, random) : null;
      if (wait === null || closing.aborted) throw error;
      await clock.sleep(wait, signal ? AbortSignal.any([signal, closing]) : closing);
    }
  }
}

/** Milliseconds until the next try; null where there is none. */
function pause(error: AdiuvaError, tried: number, random: Random): number | null {
  const asked = (error.retryAfter ?? 0) * 1_000;
  if (tried >= retries.most || !passing.has(error.code) || asked > retries.longestMs) return null;
  return Math.max(asked, backoffDelay(tried, random, retries.waits));
}

interface Exchange {
  readonly method: 'PUT' | 'GET';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly bytes?: Uint8Array;
  /** Bytes of the answer at most. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes to or from our cloud; its refusals are problem details. */
async function exchange(deps: HttpDeps, request: Exchange): Promise<Uint8Array> {
  const { response, body } = await carry(deps, request);
  if (!response.ok) throw refusal(deps, response, body);
  deps.outcome('reached');
  return body;
}

/** A store of objects that is not ours: what it says beyond the status is not for us. 412: it is there already. */
async function toStranger(deps: HttpDeps, request: Exchange): Promise<boolean> {
  const { response } = await carry({ ...deps, outcome: () => undefined }, request).catch((error: unknown) => {
    if (error instanceof AdiuvaError && error.code === 'cloud.offline') return { response: null };
    throw error;
  });
  if (response && (response.ok || response.status === 412)) return true;
  const asked = seconds(response?.headers.get('retry-after') ?? null);
  if (response && (response.status === 429 || response.status >= 500))
    throw new AdiuvaError('dependency.unavailable', { ...(asked !== undefined && { retryAfter: asked }) });
  return false;
}

function refusal(deps: HttpDeps, response: Response, body: Uint8Array): AdiuvaError {
  const data = parseJson(new TextDecoder().decode(body));
  const retryAfter = response.headers.get('retry-after');
  if (!problem.safeParse(data).success) {
    if (data === undefined) deps.outcome('unreachable');
    return bounded(new AdiuvaError('cloud.bad_reply', { detail: 'the refusal has another shape than agreed' }), retryAfter);
  }
  deps.outcome('reached');
  return bounded(fromProblem(data), retryAfter);
}

/** One request and its whole answer, in bounded memory and, as long as something moves, in the time that it takes. */
async function carry(deps: HttpDeps, { method, url, headers, bytes, most, signal }: Exchange): Promise<{ response: Response; body: Uint8Array }> {
  signal?.throwIfAborted();
  const watch = watchProgress(deps);
  const merged = AbortSignal.any([watch.signal, deps.closing, ...(signal ? [signal] : [])]);
  const whole = deps.clock.after(limits.silent + timeFor(most + (bytes?.length ?? 0)), watch.stop);
  try {
    const sent = bytes && { body: inChunks(bytes, watch.moved), duplex: 'half' as const };
    const sized = bytes ? { ...headers, 'content-length': String(bytes.length) } : headers;
    // A redirect would carry token and bytes to wherever it points.
    const response = await deps.fetch(url, { method, headers: sized, signal: merged, redirect: 'error', ...sent } as RequestInit);
    watch.moved(0);
    return { response, body: await readBytes(response, response.ok ? most : limits.refusal, 'the answer is longer than agreed', () => watch.moved(0)) };
  } catch (error) {
    throw failure(deps, error, signal);
  } finally {
    whole();
    watch.end();
  }
}

/** Aborts when nothing moves for too long. `moved(n)`: n bytes more were handed over, which may take their time. */
function watchProgress({ clock }: HttpDeps) {
  const silence = new AbortController();
  const stop = () => silence.abort();
  let handedOver = 0;
  let disarm = clock.after(limits.silent, stop);
  return {
    signal: silence.signal,
    stop,
    moved(bytes: number) {
      handedOver += bytes;
      disarm();
      disarm = clock.after(limits.silent + timeFor(handedOver), stop);
    },
    end() {
      disarm();
      // Lets go of a body that nobody reads to its end.
      silence.abort();
    },
  };
}

/** A stream that tells when the next piece is wanted. Its length is known to who sends it, so it does not travel in chunks of HTTP. */
function inChunks(bytes: Uint8Array, moved: (bytes: number) => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = bytes.subarray(at, at + limits.chunk);
        at += part.length;
        moved(part.length);
        if (part.length > 0) controller.enqueue(part);
        if (at >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
