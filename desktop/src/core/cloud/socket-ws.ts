import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Connect, SocketEnd } from './socket.ts';

const limits = { message: 4 * 1024 * 1024, refusal: 64 * 1024, handshakeMs: 10_000 } as const;

/** The socket of the `ws` package: no compression, bounded messages, no redirects. */
export const openSocket: Connect = (url, headers, events) => {
  const socket = new WebSocket(url, {
    headers: { ...headers },
    perMessageDeflate: false,
    maxPayload: limits.message,
    handshakeTimeout: limits.handshakeMs,
    followRedirects: false,
  });
  let opened = false;
  let ended = false;
  const end = (facts: Omit<SocketEnd, 'opened'> = {}) => {
    if (!ended) events.end({ opened, ...facts });
    ended = true;
  };
  socket.on('open', () => {
    opened = true;
    events.open();
  });
  socket.on('message', (data, binary) => events.message(binary ? undefined : String(data)));
  socket.on('unexpected-response', (request, response) => {
    void readRefusal(response).then((body) => {
      end({ status: response.statusCode ?? 0, body, retryAfter: response.headers['retry-after'] ?? null });
      request.destroy();
    });
  });
  socket.on('close', () => end());
  // An error is always followed by `close`; without a listener it would end the process.
  socket.on('error', () => undefined);
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  };
};

/** The first part of a refusal's body; a body that does not end is cut off. */
async function readRefusal(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  response.setTimeout(limits.handshakeMs, () => response.destroy());
  try {
    for await (const part of response) {
      text += String(part);
      if (text.length > limits.refusal) break;
    }
  } catch {
    return text;
  }
  return text;
}
