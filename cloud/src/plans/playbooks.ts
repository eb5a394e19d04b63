import { createHash } from 'node:crypto';
import type { TierName } from '@adiuva/shared/contracts/billing.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import {
  lowestTierWith,
  mayHave,
  parsePlaybook,
  parseSigned,
  signedBytes,
  type LockedPlaybook,
  type SignedPlaybook,
} from '@adiuva/shared/contracts/playbook.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Log } from '@adiuva/shared/kit/log.ts';
import type { Database, PlaybookRow } from '../adapters/db/database.ts';
import type { Caller } from '../http/access.ts';
import { builtIn } from './catalogue.ts';
import { openRecent } from './recent.ts';

export interface PlaybooksDeps {
  readonly db: () => Promise<Database>;
  readonly clock: Clock;
  readonly log: Log;
  /** Signs with the current key of this cloud, which its key set shows. */
  readonly sign: (bytes: Uint8Array) => Promise<SignedPlaybook['signature']>;
}

/** What a caller may have, and the tag it goes by. */
export interface Shelf {
  readonly playbooks: readonly SignedPlaybook[];
  readonly locked: readonly LockedPlaybook[];
  /** With its quotes. */
  readonly etag: string;
}

/** Playbooks by tier: those of the service, signed by its publisher, and those an account shares with its team, signed by this cloud. */
export interface CloudPlaybooks {
  shelfOf(caller: Pick<Caller, 'userId' | 'tier'>): Promise<Shelf>;
  /** @throws AdiuvaError `playbook.not_found` · `tier.required` */
  one(caller: Pick<Caller, 'userId' | 'tier'>, id: string): Promise<SignedPlaybook>;
}

/** Accounts whose playbooks are kept in memory, and for how long another instance's change may go unseen. */
const memory = { most: 1_000, believedMs: 60_000 } as const;
const service = 'service';

export function openPlaybooks({ db, clock, log, sign }: PlaybooksDeps): CloudPlaybooks {
  const rows = openRecent<readonly SignedPlaybook[]>({ ...memory, now: clock.now });
  let seeded: Promise<void> | undefined;

  /** What this release brings is written once a process, before anything is read: the highest version wins, whichever instance wrote it. */
  async function seed(): Promise<void> {
    await (
      await db()
    ).transaction(async ({ playbooks }) => {
      await playbooks.keepPlaybooks(
        null,
        builtIn.map(({ id }) => id),
      );
      for (const playbook of builtIn) {
        const { id, version } = playbook;
        await playbooks.putPlaybook({ owner: null, id, version, document: JSON.stringify(playbook) });
      }
    });
  }

  async function ownService(): Promise<readonly SignedPlaybook[]> {
    seeded ??= seed().catch((error: unknown) => {
      seeded = undefined;
      throw error;
    });
    await seeded;
    const found = await (await db()).playbooks.playbooksOf(null);
    return found.flatMap((row) => readable(row, parseSigned));
  }

  async function shared(userId: string): Promise<readonly SignedPlaybook[]> {
    const found = await (await db()).playbooks.playbooksOf(userId);
    const parsed = found.flatMap((row) => readable(row, parsePlaybook)).filter(({ set }) => set === 'shared');
    return Promise.all(parsed.map(async (playbook) => ({ ...playbook, signature: await sign(signedBytes(playbook)) })));
  }

  /** One row that does not hold hides none of the others. */
  function readable<T>({ id, document }: PlaybookRow, parse: (data: unknown) => T): T[] {
    try {
      return [parse(JSON.parse(document))];
    } catch (error) {
      log.error('playbooks.unreadable', { playbookId: id, code: error instanceof AdiuvaError ? error.code : 'internal' });
      return [];
    }
  }

  async function all({ userId, tier }: Pick<Caller, 'userId' | 'tier'>): Promise<readonly SignedPlaybook[]> {
    const own = await rows.get(service, ownService);
    return mayHave(tier, 'shared') ? [...own, ...(await rows.get(userId, () => shared(userId)))] : own;
  }

  return {
    async shelfOf(caller) {
      const found = await all(caller);
      const playbooks = found.filter(({ set }) => mayHave(caller.tier, set));
      const locked = found.filter(({ set }) => !mayHave(caller.tier, set)).map(lockedOf);
      return { playbooks, locked, etag: tagOf(caller.tier, found) };
    },
    async one(caller, id) {
      const playbook = (await all(caller)).find((candidate) => candidate.id === id);
      if (!playbook) throw new AdiuvaError('playbook.not_found');
      if (!mayHave(caller.tier, playbook.set)) throw new AdiuvaError('tier.required', { detail: `it is part of the tier ${lowestTierWith(playbook.set)}` });
      return playbook;
    },
  };
}

const lockedOf = ({ id, title, description, category, set }: SignedPlaybook): LockedPlaybook => ({
  id,
  title,
  description,
  category,
  set,
  tier: lowestTierWith(set),
});

/** Signatures of Ed25519 are the same for the same document and key, so they name what is there. */
export function tagOf(tier: TierName | null, playbooks: readonly SignedPlaybook[]): string {
  const names = playbooks.map(({ id, version, signature }) => [id, version, signature.value]);
  return `"${createHash('sha256')
    .update(JSON.stringify([tier, names]))
    .digest('base64url')
    .slice(0, 22)}"`;
}
