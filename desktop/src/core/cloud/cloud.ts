import { z } from 'zod';
import { runState, type ChatRequest, type RunState, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { llmStepReply, playbookList, type LlmOutput } from '@adiuva/shared/contracts/playbook.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import { cloudAddress } from './address.ts';
import { watchConnectivity, type Connectivity } from './connectivity.ts';
import { ask, askIfChanged, type Ask, type HttpDeps, type Tagged } from './http.ts';
import { createLink } from './link.ts';
import { followRun } from './run.ts';
import { createSession, type Session, type TokenStore } from './session.ts';
import { connectSocket, type Connect } from './socket.ts';
import { createTransfer, type Transfer } from './transfer.ts';

export interface CloudDeps {
  /** https, or http on loopback. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  /** How a socket is opened; by default the one of `ws`. */
  readonly connect?: Connect;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where the refresh token is kept: a device secret inside the encrypted store. */
  readonly tokens: TokenStore;
  /** Shown in the user's list of sessions. */
  readonly deviceName?: string;
}

/** The cloud as the core sees it. Every failure is an `AdiuvaError`; nothing is sent but what a caller asks for. */
export interface Cloud {
  /** Host and port, for the user to see where things went. */
  readonly host: string;
  readonly session: Session;
  /** Bytes either way, and requests that are tried again by themselves. */
  readonly transfer: Transfer;
  /** How the last real requests went. */
  connectivity(): Connectivity;
  onConnectivity(listener: (state: Connectivity) => void): () => void;
  /** Something waits for the cloud, or someone looks at the badge: until the returned function is called, an offline verdict is tried again. */
  hold(): () => void;
  /** The user wants the cloud now: an offline verdict is tried again at once. */
  nudge(): void;
  /** Opens the connection that the next `chat` will use, where somebody is signed in; says nothing of failures, `chat` will. */
  prepare(): void;
  /**
   * One run: its frames in order, each once, across dropped sockets. `afterSeq` continues a run that the cloud may still keep; where it does not, the
   * run is asked anew and a `start` frame with seq 1 comes again. Ends after `final`.
   * @throws AdiuvaError what the cloud said · `cloud.offline` · `cloud.bad_reply` · `auth.required`; an abort rejects with its reason and does not cancel
   */
  chat(request: ChatRequest, options?: { signal?: AbortSignal; afterSeq?: number }): AsyncIterable<ServerFrame>;
  /** Tells the cloud to stop a run; one that has ended or is unknown is left alone. */
  cancel(requestId: string): Promise<void>;
  run(requestId: string): Promise<RunState>;
  /** Runs a prompt step of a plan in the cloud and gives its output. */
  llmStep(templateId: string, variables: Record<string, unknown>, signal?: AbortSignal): Promise<LlmOutput>;
  /** Playbooks of the account's tier, as they travel; null where they are still those that `etag` names. */
  playbooks(etag: string | null): Promise<Tagged<z.infer<typeof playbookList>>>;
  /** Public keys with which this cloud signs, by their names: of what an account shares with its team. */
  signingKeys(): Promise<Readonly<Record<string, string>>>;
  close(): void;
}

const keySet = z.object({ keys: z.array(z.object({ kid: z.string().max(200), crv: z.literal('Ed25519'), x: z.string().length(43) })).max(100) });

const runPath = (requestId: string) => `/chat/runs/${encodeURIComponent(requestId)}`;

const live = z.object({ status: z.string() });

/** @throws AdiuvaError `config.invalid` for an address that may not be used */
export function createCloud(deps: CloudDeps): Cloud {
  const address = cloudAddress(deps.baseUrl);
  const { clock, random } = deps;
  const probe = async () => {
    if (session.account()) await ask(http, { method: 'GET', path: '/health/live', reply: live, limitMs: 10_000 });
  };
  const connectivity = watchConnectivity({ clock, random, probe });
  const closing = new AbortController();
  const http: HttpDeps = { address, fetch: deps.fetch, clock, closing: closing.signal, outcome: connectivity.learn };
  const session = createSession({ ...http, random, log: deps.log, tokens: deps.tokens, ...(deps.deviceName !== undefined && { deviceName: deps.deviceName }) });
  const link = createLink({ address, connect: deps.connect ?? connectSocket, clock, outcome: connectivity.learn });
  const unbind = closeOnNewAccount(session, link.close.bind(link));
  const authorized = <T>(question: Ask<T>) => session.withToken((token) => ask(http, { ...question, token }));

  return {
    host: address.host,
    session,
    transfer: createTransfer({ ...http, random, session }),
    connectivity: connectivity.state,
    onConnectivity: connectivity.onChange,
    hold: connectivity.hold,
    nudge: connectivity.nudge,
    prepare: () => void session.withToken((token) => link.open(token)).catch(() => undefined),
    chat(request, options = {}) {
      const requestId = request.requestId;
      if (requestId === undefined) throw new AdiuvaError('request.invalid', { detail: 'requestId: is needed to ask twice for the same answer' });
      return followRun({ link, clock, random, withToken: (work) => session.withToken(work), renew: () => session.renew() }, { ...request, requestId }, options);
    },
    async cancel(requestId) {
      if (link.isOpen()) return link.send({ type: 'cancel', requestId });
      await authorized({ method: 'DELETE', path: runPath(requestId), reply: z.unknown(), limitMs: 5_000 }).catch((error: unknown) => {
        if (!(error instanceof AdiuvaError) || error.code !== 'chat.run_not_found') throw error;
      });
    },
    run: (requestId) => authorized({ method: 'GET', path: runPath(requestId), reply: runState }),
    async llmStep(templateId, variables, signal) {
      const reply = await authorized({
        method: 'POST',
        path: '/plans/llm-step',
        body: { templateId, variables },
        reply: llmStepReply,
        signal,
        limitMs: 120_000,
      });
      return reply.output;
    },
    playbooks: (etag) => session.withToken((token) => askIfChanged(http, { method: 'GET', path: '/plans/playbook', reply: playbookList, token }, etag)),
    async signingKeys() {
      const { keys } = await ask(http, { method: 'GET', base: address.root, path: '/.well-known/jwks.json', reply: keySet });
      return Object.fromEntries(keys.map(({ kid, x }) => [kid, x]));
    },
    close() {
      unbind();
      closing.abort();
      link.close();
      connectivity.close();
    },
  };
}

/** A socket speaks for the account that opened it, so it goes with that account. */
function closeOnNewAccount(session: Session, close: () => void): () => void {
  let userId = session.account()?.userId;
  return session.onAccount((account) => {
    if (account?.userId !== userId) close();
    userId = account?.userId;
  });
}
