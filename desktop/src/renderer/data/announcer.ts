import { Signal } from './signal.ts';

/** What screen readers are told, apart from what is drawn: one polite line, one assertive line for errors. */
export class Announcer {
  readonly polite = new Signal('');
  readonly assertive = new Signal('');

  say(text: string): void {
    this.polite.set(fresh(text, this.polite.get()));
  }

  clear(): void {
    this.polite.set('');
    this.assertive.set('');
  }

  alert(text: string): void {
    this.assertive.set(fresh(text, this.assertive.get()));
  }
}

/** The same words twice are read twice only when the text differs. */
const fresh = (text: string, before: string) => (text === before ? `${text}\u00a0` : text);
