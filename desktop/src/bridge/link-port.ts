import { bridgeLimits, type Channel } from './channel.ts';

/** What `MessagePort` of browsers and of `node:worker_threads` have in common; Electron's is adapted by its host. */
export interface PortLike {
  postMessage(message: unknown): void;
  addEventListener(type: 'message' | 'close' | 'messageerror', listener: (event: { data?: unknown }) => void): void;
  start?(): void;
  close(): void;
}

/** How many texts are read before the sender is told. */
const ackEvery = 16;

/**
 * A channel over one end of a message port. A text travels as a string; a number travels back and tells how many texts were read, so that a
 * sender waits for a slow reader instead of filling its memory.
 */
export function portChannel(port: PortLike): Channel {
  const closers = new Set<() => void>();
  let waiting: (() => void)[] = [];
  let listener: ((text: string) => void) | undefined;
  let [sent, read, taken, closed] = [0, 0, 0, false];

  const release = () => {
    if (!closed && sent - taken > bridgeLimits.window) return;
    const ready = waiting;
    waiting = [];
    for (const go of ready) go();
  };
  const onClose = () => {
    if (closed) return;
    closed = true;
    release();
    for (const closer of [...closers]) closer();
  };
  const close = () => {
    port.close();
    onClose();
  };
  const onText = (text: string) => {
    if (text.length > bridgeLimits.frame) return close();
    listener?.(text);
    if (++read % ackEvery === 0 && !closed) port.postMessage(read);
  };
  port.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return onText(data);
    // Anything but a string or a count is no message of ours: the other side is not what it should be.
    if (typeof data !== 'number' || !(data >= taken && data <= sent)) return close();
    taken = data;
    release();
  });
  port.addEventListener('messageerror', close);
  port.addEventListener('close', onClose);

  return {
    send(text) {
      if (closed) return Promise.resolve();
      port.postMessage(text);
      if (++sent - taken <= bridgeLimits.window) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    onText(next) {
      listener = next;
      port.start?.();
    },
    onClose: (next) => void (closed ? next() : closers.add(next)),
    close,
  };
}
