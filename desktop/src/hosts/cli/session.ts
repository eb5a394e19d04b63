import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import { tellChanged } from '../control.ts';
import type { HostSettings } from '../environment.ts';
import { nodeHost } from '../node-host.ts';
import type { Session } from './verb.ts';

export interface OpenSession extends Session {
  close(): Promise<void>;
}

/** Events that say that the vault is not what it was. */
const changes: readonly BridgeEvent['type'][] = [
  'records.changed',
  'plan.changed',
  'run.changed',
  'queue.changed',
  'chat.message',
  'chat.deleted',
  'account.changed',
  'settings.changed',
  'backup.changed',
];

/** A core of this process's own; loaded here, so that verbs that need none start at once. */
export async function openSession(settings: HostSettings): Promise<OpenSession> {
  const { createCore } = await import('../../core/core.ts');
  const core = await createCore(nodeHost('cli', settings));
  let changed = false;
  core.subscribe(({ type }) => (changed ||= changes.includes(type)));
  return {
    api: core.api,
    on: (type, listener) => core.subscribe((event: BridgeEvent) => void (event.type === type && listener(event.data as never))),
    close: async () => {
      await core.close();
      if (changed) await tellChanged(settings.dataDir);
    },
  };
}

type Ask = (question: string) => Promise<string | undefined>;

async function secretOf(env: Readonly<Record<string, string | undefined>>, ask: Ask) {
  const { ADIUVA_PASSPHRASE: passphrase, ADIUVA_RECOVERY_PHRASE: phrase } = env;
  if (passphrase) return { with: 'passphrase', passphrase } as const;
  if (phrase) return { with: 'phrase', phrase } as const;
  const typed = await ask('Passphrase: ');
  return typed === undefined ? undefined : ({ with: 'passphrase', passphrase: typed } as const);
}

/** @throws AdiuvaError `vault.missing`, `vault.locked` without a secret or a terminal, `vault.wrong_secret` and what else stops the vault */
export async function unlock(session: OpenSession, env: Readonly<Record<string, string | undefined>>, ask: Ask): Promise<Session> {
  const { state } = await session.api['vault.state'](undefined);
  if (state === 'missing') throw new AdiuvaError('vault.missing');
  if (state === 'open') return session;
  const secret = await secretOf(env, ask);
  if (!secret) throw new AdiuvaError('vault.locked', { detail: 'set ADIUVA_PASSPHRASE or run it in a terminal' });
  await session.api['vault.unlock'](secret);
  return session;
}
