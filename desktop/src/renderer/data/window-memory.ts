/** What this window still knows after it was loaded anew: ids and flags, never anything of the vault. It goes with the window. */
export class WindowMemory {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#storage = storage;
  }

  /** What was last open in a part of the window, null where nothing is remembered. */
  idOf(place: string): string | null {
    return this.#storage.getItem(place);
  }

  remember(place: string, id: string): void {
    this.#storage.setItem(place, id);
  }

  /** Without `id` whatever it is; with it only where it is that one. */
  forget(place: string, id?: string): void {
    if (id === undefined || this.idOf(place) === id) this.#storage.removeItem(place);
  }
}
