import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import type { Database, Sql } from './database.ts';
import { messagesTable } from './messages.ts';
import { queueTable, type StoredJob } from './queue.ts';

/**
 * A restored store is of an earlier moment: what waits in it to go out may have gone out since, from here or from the device that is gone, and the cloud knows its
 * idempotency keys for minutes only. So nothing of it goes by itself but what certainly never did; the rest waits for the user, with the reason.
 */

/** Whether a job that waits certainly never went out since. */
export type IsUnsent = (job: StoredJob) => Promise<boolean>;

/** Where nothing is known of what happened since: another device. */
export const nobodyKnows: IsUnsent = () => Promise.resolve(false);

/** Of a backup in the place of this device's store: what still waits here did not go. */
export const stillWaits =
  (here: Sql): IsUnsent =>
  async ({ id }) => {
    const job = await queueTable(here).get(id);
    return job !== null && job.state !== 'needs_you';
  };

/** Of this device's own store from before a restore: what the restored one knows of and has in its queue no more went, or was taken out. */
export const notSettled =
  (here: Sql): IsUnsent =>
  async ({ id, messageId }) =>
    (await queueTable(here).get(id)) !== null || messageId === null || (await messagesTable(here).get(messageId)) === null;

/** Parks what may have gone out, in one transaction. Twice is once. */
export async function parkJobs(database: Database, isUnsent: IsUnsent): Promise<void> {
  const problem = toProblem(new AdiuvaError('queue.restored'));
  await database.tx(async (sql) => {
    const [queue, messages] = [queueTable(sql), messagesTable(sql)];
    const jobs = await queue.list();
    const parked = new Set<string | null>();
    for (const job of jobs) {
      if (job.state === 'needs_you' || (await isUnsent(job))) continue;
      await queue.update({ ...job, state: 'needs_you', nextTryAt: null, problem });
      parked.add(job.messageId);
    }
    const waiting = new Set(jobs.map(({ messageId }) => messageId));
    for (const message of await messages.unfinished()) {
      // An answer that was being told would be asked for again; this device's own answers go nowhere.
      const cutOff = message.state === 'streaming' && message.route !== 'local' && !waiting.has(message.id);
      if (cutOff || parked.has(message.id)) await messages.update({ ...message, state: 'failed', problem });
    }
  });
}
