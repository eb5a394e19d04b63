import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Found by name: importing the package would try to download the binary. */
function binary(): string | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  return ['dist/electron', 'dist/Electron.app/Contents/MacOS/Electron', 'dist/electron.exe'].map((path) => join(folder, path)).find(existsSync);
}

const built = fileURLToPath(new URL('../../../dist/electron/main.mjs', import.meta.url));
const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);

function missing(): string | undefined {
  if (!binary()) return 'the Electron binary was not fetched on this machine';
  if (!hasDisplay()) return 'no display here';
  return existsSync(built) ? undefined : 'desktop/dist/electron is not built';
}

it('starts on the real binary, opens its window, and ends cleanly on a signal', async (context) => {
  const reason = missing();
  if (reason) return context.skip(reason);
  const home = mkdtempSync(join(tmpdir(), 'adiuva-electron-'));
  // As root Chromium refuses its sandbox; the app's own processes keep theirs everywhere else.
  const flags = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(binary()!, [...flags, built], { env: { ...process.env, ADIUVA_HOME: home, ADIUVA_CLOUD_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'error' } });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    await expect.poll(() => existsSync(join(home, 'electron', 'Local State')), { timeout: 15_000 }).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(errors).not.toMatch(/adiuva:|core\.(?:failed|exited)/);
  } finally {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
});
