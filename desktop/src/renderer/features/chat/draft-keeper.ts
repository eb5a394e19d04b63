/** The unsent text of one conversation on its way into the vault. While it is being sent nothing is saved: what was sent must not come back as a draft. */
export class DraftKeeper {
  #unsaved: string | null = null;
  #sending = false;
  #saving: Promise<unknown> = Promise.resolve();
  readonly #save: (text: string) => Promise<unknown>;

  constructor(save: (text: string) => Promise<unknown>) {
    this.#save = save;
  }

  /** Remembers what stands in the field now. */
  change(text: string): void {
    this.#unsaved = text;
  }

  /** Saves what was not saved yet. What cannot be saved now is still on screen, and the next letter tries again. */
  flush(): void {
    if (this.#sending || this.#unsaved === null) return;
    const text = this.#unsaved;
    this.#unsaved = null;
    this.#saving = this.#save(text).catch(() => undefined);
  }

  /**
   * Runs `send`, which takes `text` out of the drafts when it gives true. Otherwise the text is saved again, whether its field is still on screen or not.
   * @returns what was typed behind the text meanwhile, null where nothing was sent
   */
  async send(text: string, send: () => Promise<boolean>): Promise<string | null> {
    this.#sending = true;
    this.#unsaved = null;
    const sent = await this.#saving.then(send).catch(() => false);
    this.#sending = false;
    const now: string = this.#unsaved ?? text;
    const rest = sent && now.startsWith(text) ? now.slice(text.length) : now;
    this.#unsaved = sent && rest === '' ? null : rest;
    this.flush();
    return sent ? rest : null;
  }
}
