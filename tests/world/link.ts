import net from 'node:net';
import type { AddressInfo } from 'node:net';

/** A TCP link between a device and its cloud that a test can pull, and that can cut itself after a given WebSocket frame of the server. */
export interface Link {
  readonly url: string;
  /** Breaks every connection and refuses new ones, until `plug`. */
  pull(): void;
  plug(): void;
  /** Points the link at another port, as after a restart of the cloud. */
  aim(port: number): void;
  /** Lets `frames` more data frames of the server through, then breaks the socket in the place of the next. */
  cutAfter(frames: number): void;
  /** Connections cut by `cutAfter` so far. */
  cuts(): number;
  close(): Promise<void>;
}

/** Where in each chunk a WebSocket server's data frames end (RFC 6455 §5.2: unmasked), after its HTTP answer. */
export function frameCounter(): (chunk: Buffer) => number[] {
  let rest: Buffer = Buffer.alloc(0);
  let upgraded = false;
  return (chunk) => {
    const before = rest.length;
    rest = Buffer.concat([rest, chunk]);
    let at = 0;
    if (!upgraded) {
      const head = rest.indexOf('\r\n\r\n');
      if (head < 0) return [];
      if (!rest.subarray(0, 12).toString('latin1').includes(' 101')) {
        rest = Buffer.alloc(0);
        return [];
      }
      upgraded = true;
      at = head + 4;
    }
    const ends: number[] = [];
    for (let size = frameSize(rest, at); size > 0 && at + size <= rest.length; size = frameSize(rest, at)) {
      const data = (rest[at]! & 0x0f) < 0x8;
      at += size;
      if (data) ends.push(at - before);
    }
    rest = rest.subarray(at);
    return ends;
  };
}

function frameSize(bytes: Buffer, at: number): number {
  if (bytes.length < at + 2) return 0;
  const short = bytes[at + 1]! & 0x7f;
  if (short < 126) return 2 + short;
  if (short === 126) return bytes.length < at + 4 ? 0 : 4 + bytes.readUInt16BE(at + 2);
  return bytes.length < at + 10 ? 0 : 10 + Number(bytes.readBigUInt64BE(at + 2));
}

/** `heard` gets every byte that passes, in both directions. */
export async function createLink(target: number, heard: (chunk: Buffer) => void = () => {}): Promise<Link> {
  let port = target;
  let up = true;
  /** Frames that may still pass before the cut; null where none is wanted. */
  let left: number | null = null;
  let cuts = 0;
  const open = new Set<net.Socket>();
  const track = (socket: net.Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  };

  const server = net.createServer((device) => {
    track(device);
    if (!up) return void device.resetAndDestroy();
    const cloud = net.connect(port, '127.0.0.1');
    track(cloud);
    device.pipe(cloud);
    device.on('data', heard);
    cloud.on('data', heard);
    const frameEnds = frameCounter();
    cloud.on('data', (chunk: Buffer) => {
      const ends = frameEnds(chunk);
      if (left === null || ends.length <= left) {
        if (left !== null) left -= ends.length;
        return void device.write(chunk);
      }
      const keep = left === 0 ? 0 : ends[left - 1]!;
      left = null;
      cuts += 1;
      device.write(chunk.subarray(0, Math.max(0, keep)), () => device.destroy());
      cloud.destroy();
    });
    cloud.on('close', () => device.destroy());
    device.on('close', () => cloud.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pull() {
      up = false;
      for (const socket of open) socket.destroy();
    },
    plug: () => void (up = true),
    aim: (next) => void (port = next),
    cutAfter: (frames) => void (left = frames),
    cuts: () => cuts,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
