import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Bridge } from '../../bridge/client.ts';
import type { InputOf, OutputOf, procedures, ProcedureName } from '../../bridge/procedures.ts';

/** Procedures that only read. */
export type QueryName = { [N in ProcedureName]: (typeof procedures)[N]['kind'] extends 'query' ? N : never }[ProcedureName];

/** What a screen sees of one question. Data stays while it is asked again, and stays beside an error. */
export interface Entry<T> {
  readonly data: T | undefined;
  readonly error: AdiuvaError | null;
  readonly loading: boolean;
}

interface Slot {
  readonly name: QueryName;
  readonly input: unknown;
  entry: Entry<unknown>;
  stale: boolean;
  /** The call under way; an answer that is not the newest is dropped. */
  call: AbortController | null;
  readonly listeners: Set<() => void>;
}

const idle: Entry<never> = { data: undefined, error: null, loading: true };

export const keyOf = (name: QueryName, input: unknown): string => `${name} ${JSON.stringify(input ?? null)}`;

const asError = (thrown: unknown) => (thrown instanceof AdiuvaError ? thrown : new AdiuvaError('internal', { cause: thrown }));

/** Answers of the core by question, shared by every screen, asked again when an event says that they changed. Holds user data: cleared on lock. */
export class QueryCache {
  readonly #slots = new Map<string, Slot>();
  readonly #bridge: Pick<Bridge, 'call'>;
  readonly #onError: (error: AdiuvaError) => void;

  constructor(bridge: Pick<Bridge, 'call'>, onError: (error: AdiuvaError) => void = () => {}) {
    this.#bridge = bridge;
    this.#onError = onError;
  }

  entry<N extends QueryName>(name: N, input: InputOf<N>): Entry<OutputOf<N>> {
    return (this.#slots.get(keyOf(name, input))?.entry ?? idle) as Entry<OutputOf<N>>;
  }

  /** Watches a question; asks it when there is no fresh answer. */
  subscribe<N extends QueryName>(name: N, input: InputOf<N>, listener: () => void): () => void {
    const slot = this.#slot(name, input);
    slot.listeners.add(listener);
    if (slot.stale && !slot.call) this.#ask(slot);
    return () => void slot.listeners.delete(listener);
  }

  /** Asks again what is watched; marks the rest for when it is watched next. */
  invalidate(names: readonly QueryName[] | 'all'): void {
    for (const slot of this.#slots.values()) {
      if (names !== 'all' && !names.includes(slot.name)) continue;
      slot.stale = true;
      if (slot.listeners.size > 0) this.#ask(slot);
    }
  }

  /** Puts an answer that came by another way (an event, a mutation) in its place. */
  write<N extends QueryName>(name: N, input: InputOf<N>, data: OutputOf<N>): void {
    const slot = this.#slot(name, input);
    slot.call?.abort();
    slot.call = null;
    slot.stale = false;
    this.#show(slot, { data, error: null, loading: false });
  }

  /** Changes every answer to `name` that is there. */
  update<N extends QueryName>(name: N, change: (data: OutputOf<N>) => OutputOf<N>): void {
    for (const slot of this.#slots.values()) {
      if (slot.name !== name || slot.entry.data === undefined) continue;
      this.#show(slot, { ...slot.entry, data: change(slot.entry.data as OutputOf<N>) });
    }
  }

  /** Forgets every answer but those named. What is still watched stays so, empty, until it is asked again. */
  clear(keep: readonly QueryName[] = []): void {
    for (const [key, slot] of this.#slots) {
      if (keep.includes(slot.name)) continue;
      slot.call?.abort();
      slot.call = null;
      slot.stale = true;
      if (slot.listeners.size === 0) this.#slots.delete(key);
      else this.#show(slot, idle);
    }
  }

  #slot(name: QueryName, input: unknown): Slot {
    const key = keyOf(name, input);
    const known = this.#slots.get(key);
    if (known) return known;
    const made: Slot = { name, input, entry: idle, stale: true, call: null, listeners: new Set() };
    this.#slots.set(key, made);
    return made;
  }

  #ask(slot: Slot): void {
    slot.call?.abort();
    const call = new AbortController();
    slot.call = call;
    slot.stale = false;
    if (slot.entry.error) this.#show(slot, { ...slot.entry, loading: true });
    this.#bridge.call(slot.name, slot.input as InputOf<QueryName>, { signal: call.signal }).then(
      (data) => this.#settle(slot, call, { data, error: null, loading: false }),
      (thrown: unknown) => this.#settle(slot, call, { data: slot.entry.data, error: asError(thrown), loading: false }),
    );
  }

  #settle(slot: Slot, call: AbortController, entry: Entry<unknown>): void {
    if (slot.call !== call || call.signal.aborted) return;
    slot.call = null;
    this.#show(slot, entry);
    if (!entry.error) return;
    slot.stale = true;
    this.#onError(entry.error);
  }

  #show(slot: Slot, entry: Entry<unknown>): void {
    slot.entry = entry;
    for (const listener of [...slot.listeners]) listener();
  }
}
