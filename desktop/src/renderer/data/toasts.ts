import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { Signal } from './signal.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'good' | 'bad';
  readonly text: string;
  readonly detail?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const shownMs = { plain: 8_000, good: 6_000, bad: 15_000 } as const;
const shownAtOnce = 3;

/** Short messages at the edge, the newest few, each going away by itself. */
export class Toasts {
  readonly list = new Signal<readonly Toast[]>([]);
  #last = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(toast: Omit<Toast, 'id'>): number {
    const id = ++this.#last;
    this.list.set([...this.list.get(), { ...toast, id }].slice(-shownAtOnce));
    this.#clock.after(shownMs[toast.tone], () => this.dismiss(id));
    return id;
  }

  /** They may name records: nothing of them stays on a locked screen. */
  clear(): void {
    this.list.set([]);
  }

  dismiss(id: number): void {
    this.list.set(this.list.get().filter((toast) => toast.id !== id));
  }
}
