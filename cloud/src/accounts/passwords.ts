import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

export interface Passwords {
  /** @throws AdiuvaError `auth.busy` */
  hash(password: string): Promise<string>;
  /** Takes as long for an account that does not exist (`stored` null). @throws AdiuvaError `auth.busy` */
  verify(stored: string | null, password: string): Promise<boolean>;
  /** True for a hash made with other parameters than today's. */
  isOutdated(stored: string): boolean;
}

/** RFC 9106 §4, the second recommended set: 64 MiB, three passes; one lane, because several logins are the parallel work here. */
const parameters = { memoryCost: 65_536, timeCost: 3, parallelism: 1 } as const;
const wanted = { m: parameters.memoryCost, t: parameters.timeCost, p: parameters.parallelism } as const;

/** The library writes the parameters in an order of its own, so each is looked for by name. */
const hasParameters = (stored: string) =>
  stored.startsWith('$argon2id$v=19$') && Object.entries(wanted).every(([name, value]) => new RegExp(`[$,]${name}=${value}[$,]`).test(stored));

/** A hash nobody knows the password of; verifying against it makes an unknown account cost what a known one does. */
const decoy = '$argon2id$v=19$m=65536,t=3,p=1$Yh3mTqv0GqJxkz4bXbZ3Jw$qK3rYJ8m1vGJ6y0q0m1f3vE2bq3nI4q5H0w9m0pQ2uE';

/** One password in one form, whatever the keyboard composed it of (NIST SP 800-63B §5.1.1.2). */
const bytesOf = (password: string) => Buffer.from(password.normalize('NFKC'));

/** Argon2id hashing with at most `slots` hashes at a time, so that logins never take every core from the rest. */
export function argonPasswords({ slots, now }: { slots: number; now: () => number }): Passwords {
  const queue = new HashQueue(slots, now);
  return {
    hash: (password) =>
      queue.run(async () => {
        const { argon2id, hash } = await import('argon2');
        return hash(bytesOf(password), { type: argon2id, ...parameters });
      }),
    verify: (stored, password) =>
      queue.run(async () => {
        const { verify } = await import('argon2');
        return (await verify(stored ?? decoy, bytesOf(password))) && stored !== null;
      }),
    isOutdated: (stored) => !hasParameters(stored),
  };
}

const longestWaitMs = 2_000;
const firstGuessMs = 150;

/** Runs a bounded number of jobs at a time and refuses those that would wait longer than two seconds. */
export class HashQueue {
  readonly #slots: number;
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #jobMs = firstGuessMs;

  constructor(slots: number, now: () => number) {
    this.#slots = slots;
    this.#now = now;
  }

  /** @throws AdiuvaError `auth.busy` with `retryAfter` */
  async run<T>(job: () => Promise<T>): Promise<T> {
    const waitMs = ((this.#waiting.length + 1) * this.#jobMs) / this.#slots;
    if (this.#running >= this.#slots && waitMs > longestWaitMs) throw new AdiuvaError('auth.busy', { retryAfter: Math.ceil(waitMs / 1000) });
    if (this.#running >= this.#slots) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    const began = this.#now();
    try {
      return await job();
    } finally {
      this.#jobMs += (Math.max(1, this.#now() - began) - this.#jobMs) / 8;
      // The place goes to the next one directly: freeing it first would let a newcomer slip in before.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
