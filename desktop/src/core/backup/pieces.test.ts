import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { pageBytes } from '../crypto.ts';
import { keysFor, scratch } from './backup-world.suite.ts';
import { decodeDelta, encodeDelta, nameOf, tagsOf } from './format.ts';
import { readDelta } from './pieces.ts';

const keys = keysFor(1);

it.each([[[0]], [[11]], [[0, 1, 2]], [[0, 2, 4]], [[0, 1, 2, 5, 7, 8, 9, 11]], [Array.from({ length: 12 }, (_, n) => n)]])(
  'pages %j are read as they lie in the file, alone and in runs',
  (list) => {
    const pages = Array.from({ length: 12 }, (_, n) => Uint8Array.from(seededRandom(n + 3)(pageBytes)));
    const file = join(scratch(), 'store.db');
    writeFileSync(file, Buffer.concat(pages));
    const fd = openSync(file, 'r');
    onTestFinished(() => closeSync(fd));
    const content = encodeDelta(list.map((number) => ({ number, page: pages[number]! })));
    const room = new Uint8Array(content.length).fill(0xee);
    const piece = readDelta(keys, fd, Uint32Array.from(list), room);
    expect(Buffer.compare(room, content)).toBe(0);
    expect(decodeDelta(room).map(({ number }) => number)).toEqual(list);
    expect([piece.id, piece.length]).toEqual([nameOf(keys, 'delta', content), content.length]);
    expect(Buffer.compare(piece.tags, Buffer.concat(list.map((number) => tagsOf(pages[number]!))))).toBe(0);
  },
);
