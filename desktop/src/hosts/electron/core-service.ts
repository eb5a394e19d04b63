import type Electron from 'electron';
import { portChannel, type PortLike } from '../../bridge/link-port.ts';
import type { Serving } from '../../bridge/router.ts';
import { serveChannel } from '../../bridge/serve.ts';
import type { Core } from '../../core/core.ts';
import type { Host } from '../../core/host.ts';
import { remoteSecrets, type FromCore, type ToCore } from './core-link.ts';
import { createRate, limitedChannel, rates } from './rate.ts';

type Parent = Pick<Electron.ParentPort, 'on' | 'postMessage'>;

/** Electron's port in the shape of the others. */
export function portOf(port: Pick<Electron.MessagePortMain, 'on' | 'postMessage' | 'start' | 'close'>): PortLike {
  return {
    postMessage: (message) => port.postMessage(message),
    addEventListener(type, listener) {
      if (type === 'message') port.on('message', ({ data }) => listener({ data }));
      if (type === 'close') port.on('close', () => listener({}));
    },
    start: () => port.start(),
    close: () => port.close(),
  };
}

export interface ServiceParts {
  readonly parent: Parent;
  /** The host without what only the main process can do. */
  readonly host: Omit<Host, 'secrets' | 'notify' | 'openExternal'>;
  readonly createCore: (host: Host) => Promise<Core>;
  readonly exit: (code: number) => void;
  /** Hears of changes by other processes. */
  readonly onMissed: (listener: () => void) => () => void;
}

/** The process of the core: starts it when told to, serves each window on its port, closes when told to. */
export function runService({ parent, host, createCore, exit, onMissed }: ServiceParts): void {
  const send = (message: FromCore) => parent.postMessage(message);
  let core: Promise<Core> | undefined;
  let onAnswer: (answer: Extract<ToCore, { kind: 'answer' }>) => void = () => {};

  function start(backend: string | null): Promise<Core> {
    const remote = backend === null ? undefined : remoteSecrets(backend, send);
    if (remote) onAnswer = remote.onAnswer;
    return createCore({
      ...host,
      secrets: remote?.secrets ?? null,
      notify: (title, body) => send({ kind: 'notify', title: title.slice(0, 500), body: body.slice(0, 5_000) }),
      openExternal: async (address) => send({ kind: 'outside', address }),
    });
  }

  async function serve(port: Electron.MessagePortMain): Promise<void> {
    const running = await core;
    if (!running) return port.close();
    const serving: Serving = { core: running.api, subscribe: running.subscribe, onMissed, turn: (next) => void setImmediate(next) };
    serveChannel(limitedChannel(portChannel(portOf(port)), createRate(host.clock, rates.bridge)), serving);
  }

  const close = async () => {
    await (await core)?.close();
    exit(0);
  };

  const fail = (error: unknown) => {
    host.log.error('core.failed', { name: error instanceof Error ? error.name : 'unknown' });
    exit(1);
  };

  parent.on('message', ({ data, ports }) => {
    const message = data as ToCore;
    if (message.kind === 'answer') return onAnswer(message);
    if (message.kind === 'close') return void close().catch(fail);
    if (message.kind === 'screen') return ports.forEach((port) => void serve(port).catch(fail));
    core ??= start(message.backend);
    return void core.then(() => send({ kind: 'ready' }), fail);
  });
}
