import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { untar } from './untar.ts';

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'adiuva-untar-'));
  folders.push(made);
  return made;
}
afterEach(() => folders.splice(0).forEach((made) => rmSync(made, { recursive: true, force: true })));

/** What the system's own tar makes of a folder. */
const packed = (from: string) => spawnSync('tar', ['--format=ustar', '-cf', '-', '-C', from, '.'], { maxBuffer: 1 << 26 }).stdout;

const sizes = [0, 1, 511, 512, 513, 8_192];

describe('unpacking', () => {
  it('brings back every file, whatever its size', () => {
    const [from, to] = [folder(), join(folder(), 'new', 'place')];
    mkdirSync(join(from, 'base/1'), { recursive: true });
    const body = (size: number) => Buffer.alloc(size, `${size}x`);
    for (const size of sizes) writeFileSync(join(from, 'base/1', String(size)), body(size));
    untar(packed(from), to);
    expect(sizes.map((size) => readFileSync(join(to, 'base/1', String(size))))).toEqual(sizes.map(body));
  });

  it('refuses what is cut off, links, and a way out of the folder', () => {
    const from = folder();
    writeFileSync(join(from, 'file'), Buffer.alloc(2_000, 1));
    const whole = packed(from);
    expect(() => untar(whole.subarray(0, 1_600), folder())).toThrow('not whole');
    const outside = Buffer.from(whole);
    outside.write('a/../../file\0', 512);
    expect(() => untar(outside, folder())).toThrow('not whole');
    symlinkSync('/etc', join(from, 'link'));
    expect(() => untar(packed(from), folder())).toThrow('kind 2');
  });
});
