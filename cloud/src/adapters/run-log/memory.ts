import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { Frames } from './frames.ts';
import { runLimits, type RunEnd, type RunLimits, type RunLog, type RunOrder, type RunWriter } from './run-log.ts';
import { Shelf } from './shelf.ts';

/** Runs of this process alone. */
export function memoryRunLog({ clock, limits }: { readonly clock: Clock; readonly limits?: Partial<RunLimits> }): RunLog {
  const shelf: Shelf<MemoryRun> = new Shelf({ clock, limits: { ...runLimits, ...limits } });
  return {
    engine: 'memory',
    async claim(order) {
      const known = shelf.get(order);
      if (known && known.fingerprint !== order.fingerprint) throw new AdiuvaError('chat.request_reused');
      if (known && !known.again) return { known };
      shelf.refuseMore();
      shelf.refuseMoreOf(order.userId);
      return { begun: shelf.put(new MemoryRun(order, (run) => shelf.ended(run))) };
    },
    find: async (id) => shelf.get(id) ?? null,
    probe: async () => {},
    close: async () => shelf.clear(),
  };
}

class MemoryRun extends Frames implements RunWriter {
  readonly fingerprint: string;
  stop: RunWriter['stop'] = () => {};
  readonly #ended: (run: MemoryRun) => void;

  constructor(order: RunOrder, ended: (run: MemoryRun) => void) {
    super(order);
    this.fingerprint = order.fingerprint;
    this.#ended = ended;
  }

  get awaited(): boolean {
    return this.watched;
  }

  append(frame: string, end?: RunEnd): void {
    if (this.state !== 'running') return;
    this.take(frame);
    this.show(this.taken, end);
    if (end) this.#ended(this);
  }

  async cancel(): Promise<void> {
    if (this.state === 'running') this.stop('cancelled');
  }
}
