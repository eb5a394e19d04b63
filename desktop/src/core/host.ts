import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Random } from '@adiuva/shared/kit/ids.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';

/** The operating system's key store, where a host can reach one (Electron `safeStorage`). Values are opaque bytes. */
export interface HostSecrets {
  /** Name of the backend, as `gnome_libsecret`; a backend that does not protect (`basic_text`) is not offered at all. */
  readonly backend: string;
  encrypt(plain: Uint8Array): Promise<Uint8Array>;
  decrypt(sealed: Uint8Array): Promise<Uint8Array>;
}

/** What the core needs from whatever hosts it: Electron, the loopback web host or the command line. */
export interface Host {
  readonly name: 'electron' | 'web' | 'cli';
  /** Absolute folder that holds everything local (`ADIUVA_HOME`). */
  readonly dataDir: string;
  readonly cloudUrl: string;
  readonly version: string;
  readonly deviceName: string;
  /** IANA zone and BCP 47 tag of the user's system. */
  readonly timeZone: string;
  readonly locale: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
  /** Null where there is no key store worth the name. */
  readonly secrets: HostSecrets | null;
  /** Shows a system notification where the host can; the screen also gets it as an event. */
  notify(title: string, body: string): void;
  /** Opens an `https:` or `mailto:` address outside, after the user agreed. */
  openExternal(url: string): Promise<void>;
}
