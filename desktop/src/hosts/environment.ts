import { resolve } from 'node:path';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { defaultHome, type Surroundings } from '@adiuva/shared/kit/home.ts';
import type { LogLevel } from '@adiuva/shared/kit/log.ts';

/** Exit code of a process whose configuration does not hold (`EX_CONFIG` of sysexits). */
export const configExit = 78;

/** What the hosts take from the environment. */
export interface HostSettings {
  /** Absolute; made by whoever writes there first. */
  readonly dataDir: string;
  /** Without a slash at its end. */
  readonly cloudUrl: string;
  /** 0 takes a free one. */
  readonly clientPort: number;
  readonly logLevel: LogLevel;
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[];

function isHttp(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
}

const rules: Readonly<Record<string, { fallback: string; fits: (text: string) => boolean; rule: string }>> = {
  ADIUVA_CLOUD_URL: { fallback: 'http://127.0.0.1:8787', fits: isHttp, rule: 'must be an http or https address without user and password' },
  ADIUVA_CLIENT_PORT: { fallback: '8788', fits: (text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, rule: 'must be a number from 0 to 65535' },
  LOG_LEVEL: { fallback: 'warn', fits: (text) => levels.includes(text), rule: `must be one of ${levels.join(', ')}` },
};

/** Reads all variables and reports every fault together, by name and rule, never by value. @throws AdiuvaError `config.invalid` */
export function readEnvironment({ platform, env, userFolder }: Surroundings): HostSettings {
  const given = (name: string) => env[name] || rules[name]!.fallback;
  const faults = Object.entries(rules).flatMap(([name, { fits, rule }]) => (fits(given(name)) ? [] : [`${name}: ${rule}`]));
  if (faults.length > 0) throw new AdiuvaError('config.invalid', { detail: faults.join('; ') });
  return {
    dataDir: resolve(env['ADIUVA_HOME'] || defaultHome({ platform, env, userFolder })),
    cloudUrl: given('ADIUVA_CLOUD_URL').replace(/\/+$/, ''),
    clientPort: Number(given('ADIUVA_CLIENT_PORT')),
    logLevel: given('LOG_LEVEL') as LogLevel,
  };
}
