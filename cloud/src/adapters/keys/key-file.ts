import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The text of a private file (mode 0600), made by `make` when it is not there. Of two processes that make it at once, both get what the
 * first one wrote.
 */
export async function keptText(path: string, make: () => Promise<string>): Promise<string> {
  const known = await textOf(path);
  if (known !== null) return known;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const beside = await written(path, await make());
  // A link, unlike a rename, does not replace what another process put there meanwhile.
  await link(beside, path).catch(ignoreExisting);
  await unlink(beside);
  return readFile(path, 'utf8');
}

/** Puts another text in the place of a private file: a reader sees the one or the other whole. */
export async function replaceText(path: string, text: string): Promise<void> {
  await rename(await written(path, text), path);
}

async function written(path: string, text: string): Promise<string> {
  const beside = `${path}.${process.pid}`;
  const file = await open(beside, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
  await file.close();
  return beside;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
