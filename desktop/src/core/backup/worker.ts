import { parentPort, workerData } from 'node:worker_threads';
import { toProblem } from '@adiuva/shared/contracts/errors.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { contentRoom, placeObject, readDelta, readPart, readTags, sealPiece, sealedRoom } from './pieces.ts';
import type { Job, JobResult, WorkerSetUp } from './pool.ts';

/** A thread of the pool: one job after another. Buffers come with a job and go back with its answer. */

const { keys, recipher } = workerData as WorkerSetUp;
let own: Uint8Array | null = null;
/** Room of this thread, for what does not leave it. */
const room = () => (own ??= new Uint8Array(sealedRoom));

function work(job: Job): { value: JobResult; moved: ArrayBuffer[] } {
  switch (job.kind) {
    case 'part': {
      const piece = readPart(keys, job.fd, job.from, job.count, new Uint8Array(job.content));
      return { value: { ...piece, content: job.content }, moved: [job.content] };
    }
    case 'delta': {
      const piece = readDelta(keys, job.fd, job.numbers, new Uint8Array(job.content));
      return { value: { ...piece, content: job.content }, moved: [job.content] };
    }
    case 'seal': {
      const { length } = sealPiece(keys, job.type, job, new Uint8Array(job.content), systemRandom, new Uint8Array(job.into));
      return { value: { length, content: job.content, sealed: job.into }, moved: [job.content, job.into] };
    }
    case 'tags':
      return { value: { tags: readTags(job.fd, job.from, job.count, room().subarray(0, contentRoom)) }, moved: [] };
    case 'place':
      return { value: placeObject(keys, job, job.into && { ...job.into, recipher }, systemRandom, room()), moved: [] };
  }
}

parentPort?.on('message', (job: Job) => {
  try {
    const { value, moved } = work(job);
    parentPort?.postMessage({ value }, moved);
  } catch (error) {
    parentPort?.postMessage({ problem: toProblem(error) });
  }
});
