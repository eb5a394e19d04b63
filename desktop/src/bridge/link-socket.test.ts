import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { bridgeLimits } from './channel.ts';
import { acceptedSocket, connectSocket, type SocketLike } from './link-socket.ts';
import { transportSuite, type LinkUnderTest } from './transport.suite.ts';

async function socketLink(): Promise<LinkUnderTest> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: bridgeLimits.frame });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const screens: WebSocket[] = [];
  const link: LinkUnderTest = {
    accept: () => {},
    refuse: false,
    fill: 4_000,
    connect() {
      if (link.refuse) return Promise.reject(new Error('refused'));
      const open = (to: string) => {
        const socket = new WebSocket(to);
        screens.push(socket);
        return socket as SocketLike;
      };
      return connectSocket(url, open)(new AbortController().signal);
    },
    cut: () => server.clients.forEach((client) => client.terminate()),
    hold: () => screens.forEach((screen) => screen.pause()),
    resume: () => screens.forEach((screen) => screen.resume()),
    close: () =>
      new Promise((resolve) => {
        screens.forEach((screen) => screen.terminate());
        server.close(() => resolve());
      }),
  };
  server.on('connection', (socket) => link.accept(acceptedSocket(socket as SocketLike)));
  return link;
}

transportSuite('a WebSocket', socketLink);
