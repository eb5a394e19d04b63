import { MessageChannel } from 'node:worker_threads';
import type { Clock } from '@adiuva/shared/kit/clock.ts';

/** Waits on the clock without letting the process end meanwhile: a clock's timers do not keep it alive, and somebody waits for what comes after. */
export async function sleepAwake(clock: Clock, ms: number): Promise<void> {
  const { port1 } = new MessageChannel();
  port1.ref();
  try {
    await clock.sleep(ms);
  } finally {
    port1.close();
  }
}
