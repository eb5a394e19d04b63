import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import type { HostSecrets } from '../../core/host.ts';

/**
 * Messages between Electron's main process and the process of the core. Downwards: `start` once, then a `screen` with a port for each window, `close`.
 * Upwards: `ready`, and calls for what only the main process can do, each answered by its id.
 */
export type ToCore =
  | { readonly kind: 'start'; readonly backend: string | null }
  | { readonly kind: 'screen' }
  | { readonly kind: 'close' }
  | { readonly kind: 'answer'; readonly id: number; readonly bytes?: Uint8Array; readonly problem?: unknown };

export type FromCore =
  | { readonly kind: 'ready' }
  | { readonly kind: 'encrypt' | 'decrypt'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'notify'; readonly title: string; readonly body: string }
  | { readonly kind: 'outside'; readonly address: string };

/** The most that is sealed at once: keys, never content. */
const mostBytes = 64 * 1024;

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length <= mostBytes;
const isText = (value: unknown, most: number): value is string => typeof value === 'string' && value.length <= most;

/** What came from the core's process, if it is one of ours. */
export function readFromCore(data: unknown): FromCore | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { kind, id, bytes, title, body, address } = data as Record<string, unknown>;
  if (kind === 'ready') return { kind };
  if ((kind === 'encrypt' || kind === 'decrypt') && Number.isSafeInteger(id) && isBytes(bytes)) return { kind, id: id as number, bytes };
  if (kind === 'notify' && isText(title, 500) && isText(body, 5_000)) return { kind, title, body };
  if (kind === 'outside' && isText(address, 2_000)) return { kind, address };
  return undefined;
}

/** The key store as the core sees it from its own process. */
export function remoteSecrets(
  backend: string,
  send: (message: FromCore) => void,
): { secrets: HostSecrets; onAnswer(answer: Extract<ToCore, { kind: 'answer' }>): void } {
  const waiting = new Map<number, { resolve(bytes: Uint8Array): void; reject(error: unknown): void }>();
  let last = 0;
  const ask = (kind: 'encrypt' | 'decrypt') => (bytes: Uint8Array) =>
    new Promise<Uint8Array>((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      send({ kind, id: last, bytes });
    });
  return {
    secrets: { backend, encrypt: ask('encrypt'), decrypt: ask('decrypt') },
    onAnswer({ id, bytes, problem }) {
      const call = waiting.get(id);
      waiting.delete(id);
      if (bytes) call?.resolve(bytes);
      else call?.reject(fromProblem(problem));
    },
  };
}

/** Answers one call for the key store; what it throws is told without its words. */
export async function answerSecrets(message: Extract<FromCore, { kind: 'encrypt' | 'decrypt' }>, store: HostSecrets | null): Promise<ToCore> {
  const { kind, id, bytes } = message;
  try {
    if (!store) throw new AdiuvaError('vault.slot_unavailable');
    return { kind: 'answer', id, bytes: await store[kind](bytes) };
  } catch (error) {
    return { kind: 'answer', id, problem: toProblem(error instanceof AdiuvaError ? error : new AdiuvaError('vault.slot_unavailable', { cause: error })) };
  }
}
