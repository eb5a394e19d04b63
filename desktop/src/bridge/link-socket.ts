import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Channel, Connect } from './channel.ts';

/** What the browser's, Node's and the `ws` package's `WebSocket` have in common. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string, sent?: (error?: Error) => void): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: { data?: unknown }) => void): void;
  close(code?: number): void;
}

const OPEN = 1;
const CLOSING = 2;

/** How a text is sent: a browser's socket takes it and says no more, `ws` says when it left. */
type Send = (socket: SocketLike, text: string) => Promise<void>;
const sendAway: Send = async (socket, text) => socket.send(text);
const sendAndWait: Send = (socket, text) => new Promise((resolve) => socket.send(text, () => resolve()));

function socketChannel(socket: SocketLike, send: Send): Channel {
  // An error is followed by `close`; unheard it would end the process.
  socket.addEventListener('error', () => {});
  return {
    send: (text) => (socket.readyState === OPEN ? send(socket, text) : Promise.resolve()),
    // Only text frames are ours; a binary one is not answered.
    onText: (listener) => socket.addEventListener('message', ({ data }) => void (typeof data === 'string' && listener(data))),
    onClose: (listener) => (socket.readyState > CLOSING ? listener() : socket.addEventListener('close', () => listener())),
    close: () => socket.close(1000),
  };
}

/** The core's end of an accepted `ws` socket: `send` resolves when the text left this process. */
export const acceptedSocket = (socket: SocketLike): Channel => socketChannel(socket, sendAndWait);

/**
 * Connects by WebSocket, as `ws://127.0.0.1:8788/trpc`; the browser adds the session's cookie by itself.
 * @param open makes the socket: `(url) => new WebSocket(url)`
 */
export function connectSocket(url: string, open: (url: string) => SocketLike): Connect {
  return (signal) =>
    new Promise((resolve, reject) => {
      const socket = open(url);
      const fail = () => reject(new AdiuvaError('bridge.disconnected'));
      socket.addEventListener('open', () => resolve(socketChannel(socket, sendAway)));
      socket.addEventListener('error', fail);
      socket.addEventListener('close', fail);
      signal.addEventListener('abort', () => socket.close(), { once: true });
    });
}
