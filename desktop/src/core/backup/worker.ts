import { parentPort, workerData } from 'node:worker_threads';
import { toProblem } from '@adiuva/shared/contracts/errors.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { placeObject, readDelta, readPart, readTags, sealPiece } from './pieces.ts';
import type { Job, JobResult, WorkerSetUp } from './pool.ts';

/** A thread of the pool: one job after another, on memory that all threads share. */

const { keys, recipher, slots } = workerData as WorkerSetUp;

function work(job: Job): JobResult {
  const { content, sealed } = slots[job.slot]!;
  switch (job.kind) {
    case 'part':
      return readPart(keys, job.fd, job.from, job.count, content);
    case 'delta':
      return readDelta(keys, job.fd, job.numbers, content);
    case 'seal':
      return { length: sealPiece(keys, job.type, job, content, systemRandom, sealed).length };
    case 'tags':
      return readTags(job.fd, job.from, job.count, content);
    case 'place':
      return placeObject(keys, { ...job, sealed: sealed.subarray(0, job.length) }, job.into && { ...job.into, recipher }, systemRandom, content);
  }
}

parentPort?.on('message', (job: Job) => {
  try {
    parentPort?.postMessage({ value: work(job) });
  } catch (error) {
    parentPort?.postMessage({ problem: toProblem(error) });
  }
});
