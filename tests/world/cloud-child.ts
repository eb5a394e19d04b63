import { join } from 'node:path';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import type { Blobs } from '@adiuva/cloud/adapters/blobs/blobs.ts';
import { openFileBlobs } from '@adiuva/cloud/adapters/blobs/files.ts';
import type { Overrides } from '@adiuva/cloud/deps.ts';
import { createCloud } from './world.ts';

/** Ways not to be a cloud, by which the harness is seen failing. */
export type CloudMutant = 'none' | 'answers before bytes';

/** Says that an object is safe while it only has it in memory. */
async function early(folder: string): Promise<Blobs> {
  const blobs = await openFileBlobs({ dir: join(folder, 'cloud', 'blobs'), random: systemRandom, now: systemClock.now });
  const unwritten = new Map<string, Uint8Array>();
  const infoOf = (key: string) => ({ key, size: unwritten.get(key)!.length });
  return {
    ...blobs,
    put: async (key, body, size) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(Uint8Array.from(chunk));
      const bytes = Buffer.concat(chunks);
      if (bytes.length !== size) return await blobs.put(key, whole(bytes), size);
      unwritten.set(key, bytes);
      return 'created';
    },
    head: async (key) => (unwritten.has(key) ? infoOf(key) : await blobs.head(key)),
    get: async (key) => (unwritten.has(key) ? { ...infoOf(key), body: whole(unwritten.get(key)!) } : await blobs.get(key)),
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** `node cloud-child.ts FOLDER PORT MUTANT`: the cloud on its embedded defaults in a process of its own, to be killed. Says `ready PORT`. */
const [, script, folder, port, mutant] = process.argv;
if (script?.endsWith('cloud-child.ts') && folder) {
  const overrides: Overrides = mutant === ('answers before bytes' satisfies CloudMutant) ? { blobs: () => early(folder) } : {};
  const cloud = await createCloud({ ADIUVA_DEFAULT_TIER: 'team' }, overrides, { folder, port: Number(port ?? 0) });
  process.stdout.write(`ready ${cloud.port()}\n`);
}
