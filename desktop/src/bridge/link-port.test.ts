import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import type { Channel } from './channel.ts';
import { portChannel, type PortLike } from './link-port.ts';
import { transportSuite, type LinkUnderTest } from './transport.suite.ts';

/** A screen's port that can be held: what arrives meanwhile waits, as in a window whose thread is busy. */
function holdable(port: MessagePort): PortLike & { hold(): void; resume(): void } {
  let held: (() => void)[] | undefined;
  return {
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) =>
      (port as unknown as PortLike).addEventListener(type, (event) => (held && type === 'message' ? held.push(() => listener(event)) : listener(event))),
    start: () => port.start(),
    close: () => port.close(),
    hold: () => (held ??= []),
    resume() {
      const waiting = held ?? [];
      held = undefined;
      for (const go of waiting) go();
    },
  };
}

async function portLink(): Promise<LinkUnderTest> {
  const ends: Channel[] = [];
  const screens: ReturnType<typeof holdable>[] = [];
  const link: LinkUnderTest = {
    accept: () => {},
    refuse: false,
    fill: 2_000,
    async connect() {
      if (link.refuse) throw new Error('refused');
      const { port1, port2 } = new MessageChannel();
      const end = portChannel(port1 as unknown as PortLike);
      const screen = holdable(port2);
      ends.push(end);
      screens.push(screen);
      link.accept(end);
      return portChannel(screen);
    },
    cut: () => ends.forEach((end) => end.close()),
    hold: () => screens.forEach((screen) => screen.hold()),
    resume: () => screens.forEach((screen) => screen.resume()),
    close: async () => ends.forEach((end) => end.close()),
  };
  return link;
}

transportSuite('a message port', portLink);

describe('a port', () => {
  it('closes on anything that is neither text nor a count', async () => {
    for (const odd of [{}, null, undefined, true, NaN, -1, 3, new Uint8Array(3), ['text']]) {
      const { port1, port2 } = new MessageChannel();
      const channel = portChannel(port1 as unknown as PortLike);
      const closed = vi.fn();
      channel.onClose(closed);
      channel.onText(() => {});
      port2.postMessage(odd);
      await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1), 15_000);
      port2.close();
    }
  });
});
