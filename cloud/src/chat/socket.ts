import type { WebSocket } from '@fastify/websocket';
import { z } from 'zod';
import { chatLimits, clientFrame, requestId as requestIdShape, type ClientFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, parseAs, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Run } from '../adapters/run-log/run-log.ts';
import type { Caller } from '../http/access.ts';
import type { Authenticate } from '../http/auth-guard.ts';
import { refuseOver, type RateLimit } from '../http/rate-limit.ts';
import type { Chat } from './chat.ts';
import { parseChatRequest } from './request.ts';

/**
 * Bounds of one socket. `tickMs`: a ping, and a look at whether the other side lives and may still be here. `silentMs` without any sign of life
 * ends it, `idleMs` without a message or a running answer closes it. `queued` are bytes that a slow reader may let pile up.
 */
export const socketLimits = {
  tickMs: 20_000,
  silentMs: 60_000,
  idleMs: 15 * 60_000,
  helloMs: 10_000,
  messages: 240,
  windowMs: 10_000,
  runs: 16,
  queued: 1024 * 1024,
} as const;
export type SocketLimits = { readonly [K in keyof typeof socketLimits]: number };

export interface SocketDeps {
  readonly chat: Chat;
  readonly authenticate: Authenticate;
  readonly rateLimit: RateLimit;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<SocketLimits>;
}

/** Close codes (RFC 6455 §7.4): ours for a caller who may not stay, and the general one for a broken rule. */
const closeCodes = { auth: 4401, policy: 1008, idle: 1000 } as const;

/** Token and caller from the upgrade, where they came with it. */
export interface Admission {
  readonly caller: Caller;
  readonly token: string;
}

/** Serves one chat socket until it closes. Nothing a client sends makes it throw. */
export function serveSocket(socket: WebSocket, deps: SocketDeps, admission: Admission | null): void {
  new ChatSocket(socket, deps, admission).open();
}

/** The request as it came is checked by its own rules, which have codes of their own. */
const requestEnvelope = z.strictObject({ type: z.literal('request'), request: z.unknown(), token: z.string().max(4_096).optional() });
type Envelope = Exclude<ClientFrame, { type: 'request' }> | z.infer<typeof requestEnvelope>;

class ChatSocket {
  readonly #socket: WebSocket;
  readonly #deps: SocketDeps;
  readonly #limits: SocketLimits;
  #admission: Admission | null;
  #following = new Map<string, { run: Run; leave: () => void }>();
  #busy: Promise<void> = Promise.resolve();
  #heardAt: number;
  #askedAt: number;
  #window = { from: 0, count: 0 };
  #stopTick: () => void = () => {};

  constructor(socket: WebSocket, deps: SocketDeps, admission: Admission | null) {
    this.#socket = socket;
    this.#deps = deps;
    this.#limits = { ...socketLimits, ...deps.limits };
    this.#admission = admission;
    this.#heardAt = this.#askedAt = deps.clock.now();
  }

  open(): void {
    this.#socket.on('message', (data: Buffer, binary: boolean) => this.#hear(data, binary));
    this.#socket.on('pong', () => (this.#heardAt = this.#deps.clock.now()));
    this.#socket.on('close', () => this.#closed());
    // A broken frame or an oversized message: the library closes by itself, and without a listener the process would end.
    this.#socket.on('error', () => this.#socket.terminate());
    this.#stopTick = this.#deps.clock.after(this.#admission ? this.#limits.tickMs : this.#limits.helloMs, () => void this.#tick());
  }

  #closed(): void {
    this.#stopTick();
    for (const { leave } of this.#following.values()) leave();
    this.#following.clear();
  }

  #hear(data: Buffer, binary: boolean): void {
    const now = this.#deps.clock.now();
    this.#heardAt = now;
    if (now - this.#window.from > this.#limits.windowMs) this.#window = { from: now, count: 0 };
    if (++this.#window.count > this.#limits.messages)
      return this.#end(new AdiuvaError('rate.limited', { retryAfter: 10, detail: 'too many messages' }), closeCodes.policy);
    // One after the other, so that a cancel never overtakes the request it means.
    this.#busy = this.#busy.then(() => this.#answer(data, binary));
  }

  async #answer(data: Buffer, binary: boolean): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    let id = '';
    let seq = 1;
    try {
      const raw = readMessage(data, binary, this.#admission !== null);
      id = idOf(raw);
      seq = seqAfter(raw);
      const frame = parseFrame(raw);
      await this.#admit('token' in frame ? frame.token : undefined);
      await this.#act(frame);
    } catch (error) {
      const ours = error instanceof AdiuvaError ? error : new AdiuvaError('internal', { cause: error });
      if (ours.code === 'internal') this.#deps.log.error('chat.socket_fault', { kind: error instanceof Error ? error.name : typeof error });
      this.#refuse(ours, id, seq);
      if (ours.code.startsWith('auth.')) this.#socket.close(closeCodes.auth);
    }
  }

  async #admit(token: string | undefined): Promise<void> {
    if (token !== undefined && token !== this.#admission?.token) {
      const caller = await this.#deps.authenticate(token);
      if (this.#admission && this.#admission.caller.userId !== caller.userId)
        throw new AdiuvaError('auth.token_invalid', { detail: 'this connection belongs to another account' });
      this.#admission = { caller, token };
    }
  }

  #caller(): Caller {
    if (!this.#admission) throw new AdiuvaError('auth.required');
    return this.#admission.caller;
  }

  async #act(frame: Envelope): Promise<void> {
    if (frame.type === 'pong') return;
    const caller = this.#caller();
    this.#askedAt = this.#deps.clock.now();
    if (frame.type === 'cancel') return (await this.#deps.chat.find(caller, frame.requestId)).cancel();
    if (frame.type === 'resume') return this.#follow(await this.#deps.chat.find(caller, frame.requestId), frame.afterSeq);
    refuseOver(await this.#deps.rateLimit(caller));
    this.#follow(await this.#deps.chat.begin(caller, parseChatRequest(frame.request)), 0);
  }

  /** Sends a run's frames from after `afterSeq` on as they come, but never more than the reader takes. */
  #follow(run: Run, afterSeq: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    // Frames that never were: what the client followed was begun anew since.
    if (afterSeq > run.lastSeq) throw new AdiuvaError('chat.run_not_found');
    this.#following.get(run.requestId)?.leave();
    if (this.#following.size >= this.#limits.runs && !this.#following.has(run.requestId))
      throw new AdiuvaError('rate.limited', { retryAfter: 5, detail: 'too many answers on one connection' });
    let sent = afterSeq;
    let full = false;
    const pump = () => {
      while (!full && sent < run.lastSeq && this.#socket.readyState === this.#socket.OPEN) {
        full = this.#socket.bufferedAmount > this.#limits.queued;
        this.#socket.send(run.frame(++sent), full ? resume : undefined);
      }
      if (sent === run.lastSeq && run.state !== 'running') leave();
    };
    const resume = () => {
      full = false;
      pump();
    };
    const unwatch = run.watch(pump);
    const leave = () => {
      unwatch();
      if (this.#following.get(run.requestId)?.leave === leave) this.#following.delete(run.requestId);
    };
    this.#following.set(run.requestId, { run, leave });
    pump();
  }

  async #tick(): Promise<void> {
    const now = this.#deps.clock.now();
    if (!this.#admission) return this.#end(new AdiuvaError('auth.required'), closeCodes.auth);
    if (now - this.#heardAt > this.#limits.silentMs) return this.#socket.terminate();
    if (this.#following.size === 0 && now - this.#askedAt > this.#limits.idleMs) return this.#socket.close(closeCodes.idle, 'idle');
    try {
      await this.#deps.authenticate(this.#admission.token);
    } catch (error) {
      if (!(error instanceof AdiuvaError) || !error.code.startsWith('auth.')) return this.#again();
      return this.#end(error, closeCodes.auth);
    }
    this.#ping();
    this.#again();
  }

  #again(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#stopTick = this.#deps.clock.after(this.#limits.tickMs, () => void this.#tick());
  }

  /** As a frame for clients that watch those, and as the protocol's own ping, which every client answers. */
  #ping(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const run = [...this.#following.values()].at(-1)?.run;
    this.#socket.ping();
    this.#socket.send(JSON.stringify({ seq: run?.lastSeq ?? 0, requestId: run?.requestId ?? '', type: 'ping' }));
  }

  #refuse(error: AdiuvaError, requestId: string, seq: number): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(JSON.stringify({ seq, requestId, type: 'error', problem: toProblem(error, requestId || undefined) }));
  }

  #end(error: AdiuvaError, code: number): void {
    this.#refuse(error, '', 1);
    this.#socket.close(code);
  }
}

/** Bytes of a message that are read before anybody has said who is there: a request at its largest, and no more. */
const helloBytes = 2 * 1024 * 1024;

function readMessage(data: Buffer, binary: boolean, admitted: boolean): unknown {
  if (binary) throw new AdiuvaError('request.unsupported_media', { detail: 'send text, not binary' });
  if (data.length > (admitted ? chatLimits.bodyBytes : helloBytes)) throw new AdiuvaError('request.too_large');
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    throw new AdiuvaError('request.invalid', { detail: 'not JSON' });
  }
}

function parseFrame(raw: unknown): Envelope {
  if ((raw as { type?: unknown } | null)?.type === 'request') return parseAs(requestEnvelope, raw, 'request.invalid');
  return parseAs(clientFrame, raw, 'request.invalid') as Envelope;
}

/** The request id a message speaks of, as far as it is one; an error frame bears it. */
function idOf(raw: unknown): string {
  const { requestId, request } = (raw ?? {}) as { requestId?: unknown; request?: { requestId?: unknown } | null };
  const parsed = requestIdShape.safeParse(requestId ?? request?.requestId);
  return parsed.success ? parsed.data : '';
}

/** Where an error frame stands in the row of frames that the client counts. */
function seqAfter(raw: unknown): number {
  const after = (raw as { afterSeq?: unknown } | null)?.afterSeq;
  return typeof after === 'number' && Number.isSafeInteger(after) && after >= 0 ? after + 1 : 1;
}
