import { serverFrame, type ClientFrame, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem, problem } from '@adiuva/shared/contracts/problem.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Address } from './address.ts';
import { bounded, parseJson, type Outcome } from './http.ts';
import type { Connect, SocketEnd, WebSocketLike } from './socket.ts';

/** What a run hears of the link: its frames, and once that the socket under it is gone. */
export interface RunEars {
  frame(frame: ServerFrame, size: number): void;
  lost(why: AdiuvaError): void;
}

export interface LinkDeps {
  readonly address: Address;
  readonly connect: Connect;
  readonly clock: Clock;
  outcome(outcome: Outcome): void;
}

/** The one socket to the cloud, shared by all runs under way. */
export interface Link {
  /** Opens the socket where there is none. @throws AdiuvaError what the cloud said · `cloud.offline` · `cloud.bad_reply` */
  open(token: string): Promise<void>;
  isOpen(): boolean;
  /** Frames of `requestId` go to `ears` until the returned function is called. */
  listen(requestId: string, ears: RunEars): () => void;
  /** Nothing happens where the socket is gone: whoever listens hears `lost`. */
  send(frame: ClientFrame): void;
  /** Gives the socket up because what came over it cannot be trusted. */
  drop(why: AdiuvaError): void;
  close(): void;
}

/** Milliseconds: silence after which a socket counts as dead while a run waits (the cloud pings more often), how long an unused one is kept, and how long it may take to open. */
const waits = { silenceMs: 60_000, idleMs: 30_000, openMs: 15_000 } as const;

/** A plain answer without a problem document came from something on the way, not from the cloud. */
const isAnswer = ({ body }: SocketEnd): boolean => body !== undefined && problem.safeParse(parseJson(body)).success;

function reasonOf(end: SocketEnd): AdiuvaError {
  if (end.opened) return new AdiuvaError('cloud.offline', { detail: 'the connection broke off' });
  if (isAnswer(end)) return bounded(fromProblem(parseJson(end.body!)), end.retryAfter);
  if (end.status === undefined) return new AdiuvaError('cloud.offline', { detail: 'no connection' });
  return bounded(new AdiuvaError('cloud.bad_reply', { detail: 'something else than the cloud answered' }), end.retryAfter);
}

class SharedLink implements Link {
  readonly #deps: LinkDeps;
  readonly #runs = new Map<string, RunEars>();
  #socket: WebSocketLike | null = null;
  #opening: Promise<void> | null = null;
  #isOpen = false;
  #stopTimer: (() => void) | undefined;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  open(token: string): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#opening ??= new Promise<void>((resolve, reject) => this.#connect(token, resolve, reject));
    return this.#opening;
  }

  listen(requestId: string, ears: RunEars): () => void {
    this.#runs.set(requestId, ears);
    this.#rearm();
    return () => {
      if (this.#runs.get(requestId) === ears) this.#runs.delete(requestId);
      this.#rearm();
    };
  }

  send(frame: ClientFrame): void {
    if (this.#isOpen) this.#socket?.send(JSON.stringify(frame));
  }

  drop(why: AdiuvaError): void {
    const socket = this.#socket;
    this.#gone(why);
    socket?.terminate();
  }

  close(): void {
    const socket = this.#socket;
    this.#gone(new AdiuvaError('cloud.offline', { detail: 'the connection was closed' }));
    socket?.close();
  }

  #connect(token: string, resolve: () => void, reject: (why: AdiuvaError) => void): void {
    const { address, connect } = this.#deps;
    const mine = (): boolean => this.#socket === socket;
    // A refusal that drips for ever is cut off here; whatever is behind it says `end` then.
    const inTime = this.#deps.clock.after(waits.openMs, () => socket.terminate());
    const socket: WebSocketLike = connect(
      `${address.socket}/chat/stream`,
      { authorization: `Bearer ${token}` },
      {
        open: () => {
          inTime();
          if (!mine()) return socket.terminate();
          this.#opening = null;
          this.#isOpen = true;
          this.#deps.outcome('reached');
          this.#rearm();
          resolve();
        },
        message: (text) => {
          if (mine()) this.#hear(text);
        },
        end: (end) => {
          inTime();
          const why = reasonOf(end);
          reject(why);
          if (!mine()) return;
          if (!end.opened) this.#deps.outcome(isAnswer(end) ? 'reached' : 'unreachable');
          this.#gone(why);
        },
      },
    );
    this.#socket = socket;
  }

  #hear(text: string | undefined): void {
    this.#rearm();
    const parsed = serverFrame.safeParse(text === undefined ? undefined : parseJson(text));
    if (!parsed.success) return this.drop(new AdiuvaError('cloud.bad_reply', { detail: 'a frame has another shape than agreed' }));
    if (parsed.data.type === 'ping') return this.send({ type: 'pong' });
    this.#runs.get(parsed.data.requestId)?.frame(parsed.data, text!.length);
  }

  #gone(why: AdiuvaError): void {
    this.#socket = null;
    this.#opening = null;
    this.#isOpen = false;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const ears = [...this.#runs.values()];
    for (const ear of ears) ear.lost(why);
  }

  #rearm(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (!this.#isOpen) return;
    const busy = this.#runs.size > 0;
    this.#stopTimer = this.#deps.clock.after(busy ? waits.silenceMs : waits.idleMs, () =>
      busy ? this.drop(new AdiuvaError('cloud.offline', { detail: 'the connection fell silent' })) : this.close(),
    );
  }
}

export const createLink = (deps: LinkDeps): Link => new SharedLink(deps);
