import { createHash } from 'node:crypto';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import { newToken, type Random } from '@adiuva/shared/kit/ids.ts';

/** A launch token works once, within this time. */
const launchMs = 10 * 60_000;
/** Tokens not used yet, and windows open at the same time: beyond it the oldest goes. */
const most = { launches: 16, sessions: 64 };

/** Kept as hashes: a look-up by hash tells nothing by its time, and the memory holds no secret that works. */
const keyOf = (secret: string) => createHash('sha256').update(secret).digest('base64');

function keep(map: Map<string, number>, key: string, until: number, limit: number): void {
  map.set(key, until);
  for (const [oldest] of map) if (map.size > limit) map.delete(oldest);
}

/** Launch tokens and the sessions they were exchanged for, both 256 bits, in memory only: a restart ends every session. */
export interface Sessions {
  /** A fresh launch token. */
  launch(): string;
  /** The secret of a new session for a token that holds, once; undefined otherwise. */
  exchange(token: unknown): string | undefined;
  knows(secret: string): boolean;
}

export function createSessions({ clock, random }: { clock: Clock; random: Random }): Sessions {
  const launches = new Map<string, number>();
  const sessions = new Map<string, number>();
  return {
    launch() {
      const token = newToken(random);
      keep(launches, keyOf(token), clock.now() + launchMs, most.launches);
      return token;
    },
    exchange(token) {
      if (typeof token !== 'string' || token.length > 100) return undefined;
      const until = launches.get(keyOf(token));
      launches.delete(keyOf(token));
      if (until === undefined || clock.now() >= until) return undefined;
      const secret = newToken(random);
      keep(sessions, keyOf(secret), Infinity, most.sessions);
      return secret;
    },
    knows: (secret) => sessions.has(keyOf(secret)),
  };
}

/** Cookies do not know ports: the name does, so that two hosts on one machine keep apart. */
const cookieName = (port: number) => `adiuva-${port}`;

export const sessionCookie = (port: number, secret: string) => `${cookieName(port)}=${secret}; Path=/; HttpOnly; SameSite=Strict`;

/** Every value sent under this port's name. */
export function cookieSecrets(header: string | undefined, port: number): string[] {
  const prefix = `${cookieName(port)}=`;
  return (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix))
    .map((part) => part.slice(prefix.length));
}
