import type { ParseArgsConfig } from 'node:util';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { EventData, EventName } from '../../bridge/events.ts';
import type { CoreApi } from '../../bridge/procedures.ts';

/** The core as verbs use it. */
export interface Session {
  readonly api: CoreApi;
  on<N extends EventName>(type: N, listener: (data: EventData<N>) => void): () => void;
}

/** What a verb was called with, and what it may reach. */
export interface Call {
  /** The words after the verb, joined where the verb takes one text. */
  readonly args: readonly string[];
  /** A list where an option may be given several times. */
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  /** False with `--json`: then nothing but the result may reach stdout. */
  readonly human: boolean;
  /** Aborts on SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The core without asking for a secret. */
  core(): Promise<Session>;
  /** The core with the vault open: by `ADIUVA_PASSPHRASE`, `ADIUVA_RECOVERY_PHRASE`, or a prompt. */
  open(): Promise<Session>;
  /** A secret the environment holds under this name, else typed unseen; undefined without a terminal. */
  secret(name: string | null, question: string): Promise<string | undefined>;
  /** Lines of standard input, without their ends. */
  lines(): AsyncIterable<string>;
  /** Text to stdout at once, for what streams. */
  write(text: string): void;
  /** Where a person reads along on stderr: what goes on meanwhile, and a question whose answer is seen; undefined without a terminal. */
  readonly watched: boolean;
  note(text: string): void;
  answer(question: string): Promise<string | undefined>;
  /** A path as the caller means it: from the folder they stand in. */
  pathOf(given: string): string;
}

/** One row of the table of verbs. */
export interface Verb<R = unknown> {
  /** What follows the verb in the help. */
  readonly usage: string;
  readonly about: string;
  /** Least and most words; more than the most are joined into the last. */
  readonly words: readonly [least: number, most: number];
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  run(call: Call): Promise<R>;
  /** The document of `--json`; the result itself where absent, nothing more to print where undefined. */
  json?(result: R): unknown;
  /** The same for a person. */
  text(result: R): string | undefined;
  /** Exit code of a result that came without an error; 0 where absent. */
  exit?(result: R): number;
}

/** Keeps the type of `run` and `text` of one row together. */
export const verb = <R>(row: Verb<R>): Verb => row as Verb;

export const misused = (detail: string) => new AdiuvaError('usage.invalid', { detail });

/** The value of an option that must be there. */
export function needed(call: Call, name: string): string {
  const value = call.options[name];
  if (typeof value !== 'string' || value === '') throw misused(`--${name} is missing`);
  return value;
}

export function optional(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function wholeNumber(call: Call, name: string): number | undefined {
  const value = optional(call, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,6}$/.test(value)) throw misused(`--${name} must be a whole number`);
  return Number(value);
}

/** Makes control and direction characters of stored text visible, so that none of it can steer a terminal. */
export const plain = (text: string): string =>
  text.replace(/(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (at) => `\\u${at.charCodeAt(0).toString(16).padStart(4, '0')}`);
