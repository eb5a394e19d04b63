import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const block = 512;
const fileKinds = ['0', '\0'];
const folderKind = '5';

/**
 * Writes the files and folders of a tar (POSIX.1-1988 ustar) below `dir`, which is made; for archives of our own making, so links, long names and what else a
 * tar may hold are refused. Without waiting between the files: a thousand turns of the loop take longer than the writing.
 * @throws Error where the archive holds anything else, or is cut off
 */
export function untar(tar: Buffer, dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (let at = 0; tar[at];) {
    const text = (from: number, length: number) => tar.toString('latin1', at + from, at + from + length);
    const [name, size, kind] = [text(0, 100).replace(/\0.*$/s, ''), Number.parseInt(text(124, 12), 8), text(156, 1)];
    const body = tar.subarray(at + block, at + block + size);
    if (body.length !== size || name.split('/').includes('..')) throw new Error('the packed database is not whole');
    if (kind === folderKind) mkdirSync(join(dir, name), { recursive: true, mode: 0o700 });
    else if (fileKinds.includes(kind)) writeFileSync(join(dir, name), body, { mode: 0o600 });
    else throw new Error(`the packed database holds an entry of kind ${kind}`);
    at += block + Math.ceil(size / block) * block;
  }
}
