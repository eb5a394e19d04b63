/** Why a socket is gone. `status` and `body` where the server answered the upgrade with a plain HTTP answer; neither where nothing answered. */
export interface SocketEnd {
  readonly opened: boolean;
  readonly status?: number;
  readonly body?: string;
  readonly retryAfter?: string | null;
}

export interface SocketEvents {
  open(): void;
  /** One text message; a binary one arrives as undefined. */
  message(text: string | undefined): void;
  /** Exactly once, the last event. */
  end(end: SocketEnd): void;
}

export interface WebSocketLike {
  send(text: string): void;
  /** Closes politely. */
  close(): void;
  /** Drops the connection at once. */
  terminate(): void;
}

/** Opens one socket; events come later, never before it returns. The access token travels in `headers`. */
export type Connect = (url: string, headers: Readonly<Record<string, string>>, events: SocketEvents) => WebSocketLike;

/** The socket of the `ws` package, loaded with the first one: most starts of the program open none. */
export const connectSocket: Connect = (url, headers, events) => {
  let socket: WebSocketLike | undefined;
  let left = false;
  const leave = (how: 'close' | 'terminate') => () => {
    left = true;
    socket?.[how]();
  };
  const start = async () => {
    const { openSocket } = await import('./socket-ws.ts');
    if (!left) socket = openSocket(url, headers, events);
    return socket !== undefined;
  };
  const nothing = () => events.end({ opened: false });
  void start().then((started) => started || nothing(), nothing);
  return { send: (text) => socket?.send(text), close: leave('close'), terminate: leave('terminate') };
};
