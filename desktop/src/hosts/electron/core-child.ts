import type Electron from 'electron';
import { backoffDelay } from '@adiuva/shared/kit/backoff.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { HostSecrets } from '../../core/host.ts';
import { answerSecrets, readFromCore, type ToCore } from './core-link.ts';

type Child = Pick<Electron.UtilityProcess, 'on' | 'postMessage' | 'kill'>;

export interface ChildParts {
  /** Forks the process of the core. */
  readonly fork: () => Child;
  readonly secrets: HostSecrets | null;
  readonly notify: (title: string, body: string) => void;
  readonly outside: (address: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The environment of the core's process: what it reads, and what its own tools need; nothing else is passed on. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const names =
    /^(?:ADIUVA_(?:HOME|CLOUD_URL|CLIENT_PORT)|LOG_LEVEL|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|XDG_DATA_HOME|SYSTEMROOT|TMPDIR|TEMP|TMP|TZ|LANG|LC_ALL|PATH|NODE_EXTRA_CA_CERTS)$/i;
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => names.test(entry[0]) && entry[1] !== undefined));
}

/** Keeps one process of the core running: windows that lost it get a port to the next one. */
export class CoreChild {
  readonly #parts: ChildParts;
  #child: Child | undefined;
  #attempt = 0;
  #closed: (() => void) | undefined;
  /** Ports of windows that asked while no process runs. */
  #waiting: Electron.MessagePortMain[] = [];

  constructor(parts: ChildParts) {
    this.#parts = parts;
  }

  start(): void {
    const { fork, secrets, clock, random, log } = this.#parts;
    const child = fork();
    this.#child = child;
    child.on('message', (data: unknown) => this.#onMessage(child, data));
    child.on('exit', (code) => {
      this.#child = undefined;
      if (this.#closed) return this.#closed();
      log.error('core.exited', { code });
      clock.after(backoffDelay(this.#attempt++, random, { base: 200, max: 10_000 }), () => void (this.#closed ?? this.start()));
    });
    this.#send(child, { kind: 'start', backend: secrets?.backend ?? null });
    for (const port of this.#waiting.splice(0)) child.postMessage({ kind: 'screen' } satisfies ToCore, [port]);
  }

  /** Gives a window's port to the core, now or once it runs. */
  attach(port: Electron.MessagePortMain): void {
    if (this.#child) this.#child.postMessage({ kind: 'screen' } satisfies ToCore, [port]);
    else this.#waiting.push(port);
  }

  /** Asks the core to close in good order; ends it after 5 s if it does not. */
  close(): Promise<void> {
    const child = this.#child;
    return new Promise((resolve) => {
      this.#closed = resolve;
      if (!child) return resolve();
      this.#send(child, { kind: 'close' });
      this.#parts.clock.after(5_000, () => void child.kill());
    });
  }

  #send(child: Child, message: ToCore): void {
    child.postMessage(message);
  }

  #onMessage(child: Child, data: unknown): void {
    const { notify, outside, secrets, log } = this.#parts;
    const message = readFromCore(data);
    if (!message) return log.warn('core.message_unknown');
    if (message.kind === 'ready') this.#attempt = 0;
    else if (message.kind === 'notify') notify(message.title, message.body);
    else if (message.kind === 'outside') outside(message.address);
    else void answerSecrets(message, secrets).then((answer) => child === this.#child && this.#send(child, answer));
  }
}
