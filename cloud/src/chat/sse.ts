import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Run } from './runs.ts';

/** A proxy closes what is silent for longer. */
const pingMs = 20_000;

/**
 * A run's frames from after `afterSeq` on, as server-sent events (WHATWG HTML §9.2): `id` is the frame's `seq`. Pulled by the reader, so a slow
 * one makes nothing pile up. Ends after the last frame.
 */
export async function* sseFrames(run: Run, afterSeq: number, clock: Clock): AsyncGenerator<string> {
  for (let sent = afterSeq; ;) {
    let text = '';
    while (sent < run.lastSeq) text += `id: ${++sent}\ndata: ${run.frame(sent)}\n\n`;
    if (text) yield text;
    if (sent < run.lastSeq) continue;
    if (run.state !== 'running') return;
    if ((await changeOrPing(run, clock)) === 'ping') yield `data: ${JSON.stringify({ seq: sent, requestId: run.requestId, type: 'ping' })}\n\n`;
  }
}

function changeOrPing(run: Run, clock: Clock): Promise<'change' | 'ping'> {
  return new Promise((resolve) => {
    const done = (what: 'change' | 'ping') => {
      unwatch();
      stop();
      resolve(what);
    };
    const unwatch = run.watch(() => done('change'));
    const stop = clock.after(pingMs, () => done('ping'));
  });
}
