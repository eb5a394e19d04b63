import { afterEach, vi } from 'vitest';
import { join } from 'node:path';
import { systemClock, type Clock } from '@adiuva/shared/kit/clock.ts';
import { random, scratch } from './backup-world.suite.ts';
import { folderTarget } from './folder.ts';
import { targetSuite, type Place } from './target.suite.ts';

/** What the file system of this test cannot do. */
const lacking = vi.hoisted(() => ({ links: false }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<{ link: (from: string, to: string) => Promise<void> }>();
  const link: typeof real.link = async (from, to) => {
    if (lacking.links) throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    await real.link(from, to);
  };
  return { ...real, link };
});
afterEach(() => void (lacking.links = false));

async function openFolder(): Promise<Place> {
  let ahead = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const path = join(scratch(), 'backups');
  return { target: () => folderTarget({ path, clock, random }), advance: (ms) => void (ahead += ms) };
}

targetSuite('a folder', openFolder);
targetSuite('a folder without links (exFAT)', async () => {
  lacking.links = true;
  return await openFolder();
});
