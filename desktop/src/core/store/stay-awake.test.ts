import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('keeps the process until it has waited, and not longer', async () => {
  const script = `
    const { sleepAwake } = await import('${new URL('./stay-awake.ts', import.meta.url).href}');
    const clock = { sleep: (ms) => new Promise((go) => setTimeout(go, ms).unref()) };
    await sleepAwake(clock, 30);
    console.log('waited');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]);
  expect(stdout).toBe('waited\n');
});
