import { z } from 'zod';
import { AdiuvaError, toProblem, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { problem as problemShape } from '@adiuva/shared/contracts/problem.ts';
import { answersOf, lockedPlaybook, lowestTierWith, mayHave, type LockedPlaybook, type SignedPlaybook } from '@adiuva/shared/contracts/playbook.ts';
import { localQueries } from '@adiuva/shared/contracts/playbook-queries.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { Announce } from '../../bridge/events.ts';
import type { PlaybookShelf, PlaybookView } from '../../bridge/shapes.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { CachedPlaybook, Store, Tables } from '../store/store.ts';
import { believed, namesStrangeKey, type Keys, type Trust } from './trust.ts';

export interface ShelfDeps {
  readonly store: () => Store;
  readonly cloud: Pick<Cloud, 'session' | 'playbooks' | 'signingKeys'>;
  readonly announce: Announce;
  readonly clock: Clock;
  /** The publisher's. */
  readonly keys: Keys;
  /** What came with the program: signed like the others. */
  readonly bundled: readonly unknown[];
}

/** The playbooks of this device: those that came with the program and those that the cloud gave, each the newest that holds. */
export interface Shelf {
  list(): Promise<PlaybookShelf>;
  /** @throws AdiuvaError what asking the cloud throws; what is here then stays */
  refresh(): Promise<PlaybookShelf>;
  /** @throws AdiuvaError `playbook.not_found` · `tier.required` · what {@link believed} throws where there is no other that holds */
  take(id: string): Promise<SignedPlaybook>;
  /** Whether the cloud was not asked for a day. */
  isStale(): Promise<boolean>;
}

const dayMs = 86_400_000;
const key = 'playbooks.shelf';
const refusal = z.object({ id: z.string(), problem: problemShape });

/** What is kept beside the cache. `seen`: the highest version of each that the cloud ever gave, so that it cannot go back. */
const note = z.object({
  version: z.literal(1),
  userId: z.string(),
  etag: z.string().nullable(),
  refreshedAt: z.string(),
  locked: z.array(lockedPlaybook),
  refused: z.array(refusal),
  seen: z.record(z.string(), z.int()),
  /** Of the cloud, as it showed them last. */
  keys: z.record(z.string(), z.string()),
});
type Note = z.infer<typeof note>;

/** A playbook that holds, and where it came from. */
interface Book {
  readonly playbook: SignedPlaybook;
  readonly fetchedAt: string | null;
}
interface Shown {
  readonly books: ReadonlyMap<string, Book>;
  readonly refused: readonly { id: string; problem: Problem }[];
  readonly noted: Note | null;
}

export function createShelf(deps: ShelfDeps): Shelf {
  const { store, cloud, clock } = deps;
  const trustOf = (noted: Note | null): Trust => ({ publisher: deps.keys, cloud: noted?.keys ?? {} });
  const bundled = deps.bundled.map((data): Book => ({ playbook: believed(data, trustOf(null)), fetchedAt: null }));
  const now = () => new Date(clock.now()).toISOString();
  const tier = () => cloud.session.account()?.tier ?? null;

  async function noteOf(t: Tables): Promise<Note | null> {
    const parsed = note.safeParse(await t.settings.get(key));
    return parsed.success ? parsed.data : null;
  }

  /** What the cloud gave another account is not this one's; nobody signed in goes on with what is there. */
  async function cachedOf(t: Tables, noted: Note | null): Promise<readonly CachedPlaybook[]> {
    const userId = cloud.session.account()?.userId;
    return noted && (userId === undefined || userId === noted.userId) ? t.playbooks.cached() : [];
  }

  async function shown(): Promise<Shown> {
    const { t } = store();
    const noted = await noteOf(t);
    const { held, refused } = sorted(await cachedOf(t, noted), trustOf(noted));
    const books = new Map<string, Book>();
    for (const book of [...bundled, ...held]) {
      const other = books.get(book.playbook.id);
      // The one of the cloud where both are the same version: it has an age.
      if (!other || other.playbook.version <= book.playbook.version) books.set(book.playbook.id, book);
    }
    return { books, refused: [...refused, ...(noted?.refused ?? []).filter(({ id }) => !refused.some((one) => one.id === id))], noted };
  }

  async function list(): Promise<PlaybookShelf> {
    const { books, refused, noted } = await shown();
    const views = [...books.values()].map((book) => viewOf(book, mayHave(tier(), book.playbook.set)));
    const others = (noted?.locked ?? []).filter(({ id, set }) => !books.has(id) && !mayHave(tier(), set)).map(lockedView);
    const bad = refused.filter(({ id }) => !books.has(id)).map(refusedView);
    const playbooks = [...views, ...others, ...bad].sort((a, b) => Number(a.locked !== null) - Number(b.locked !== null) || a.title.localeCompare(b.title));
    return { playbooks, refused: [...refused], refreshedAt: noted?.refreshedAt ?? null };
  }

  async function refresh(): Promise<PlaybookShelf> {
    const account = cloud.session.account();
    if (!account) throw new AdiuvaError('auth.required');
    const { userId } = account;
    const before = await noteOf(store().t);
    const known = before?.userId === userId ? before : null;
    const answer = await cloud.playbooks(known?.etag ?? null);
    const strange = answer !== null && namesStrangeKey(answer.data.playbooks, trustOf(known));
    const keys = strange ? await cloud.signingKeys() : (known?.keys ?? {});
    await store().tx(async (t) => {
      if (!answer) {
        await t.playbooks.confirmCache(now());
        return t.settings.set(key, { ...known, refreshedAt: now() });
      }
      const took = taken(answer.data.playbooks, known ? await t.playbooks.cached() : [], known?.seen ?? {}, { publisher: deps.keys, cloud: keys }, now());
      await t.playbooks.replaceCache(took.cache);
      const { refused, seen } = took;
      await t.settings.set(key, { version: 1, userId, etag: answer.etag, refreshedAt: now(), locked: answer.data.locked, refused, seen, keys } satisfies Note);
    });
    const shelf = await list();
    deps.announce('playbooks.changed', shelf);
    return shelf;
  }

  return {
    list,
    refresh,
    async take(id) {
      const { books, refused, noted } = await shown();
      const book = books.get(id);
      const set = book?.playbook.set ?? noted?.locked.find((one) => one.id === id)?.set;
      if (set !== undefined && !mayHave(tier(), set))
        throw new AdiuvaError('tier.required', { detail: `this playbook is part of the tier ${lowestTierWith(set)}` });
      if (book) return book.playbook;
      const why = refused.find((one) => one.id === id)?.problem;
      throw why ? fromStored(why) : new AdiuvaError('playbook.not_found');
    },
    async isStale() {
      const noted = await noteOf(store().t);
      return noted === null || noted.userId !== cloud.session.account()?.userId || clock.now() - Date.parse(noted.refreshedAt) >= dayMs;
    },
  };
}

const fromStored = ({ code, detail }: Problem) => new AdiuvaError(code as 'playbook.invalid', detail === undefined ? {} : { detail });

/** Each row of the cache on its own: one that does not hold hides none of the others. */
function sorted(rows: readonly CachedPlaybook[], trust: Trust): { held: Book[]; refused: { id: string; problem: Problem }[] } {
  const held: Book[] = [];
  const refused: { id: string; problem: Problem }[] = [];
  for (const { id, version, fetchedAt, body } of rows) {
    try {
      const playbook = believed(body, trust);
      if (playbook.id !== id || playbook.version !== version) throw new AdiuvaError('playbook.signature', { detail: 'it is filed under another name' });
      held.push({ playbook, fetchedAt });
    } catch (error) {
      refused.push({ id, problem: toProblem(error) });
    }
  }
  return { held, refused };
}

/** What of an answer is put into the cache: all that holds, but nothing older than was seen before. What was there stays in the place of what is refused. */
function taken(
  answered: readonly Readonly<Record<string, unknown>>[],
  before: readonly CachedPlaybook[],
  seen: Readonly<Record<string, number>>,
  trust: Trust,
  fetchedAt: string,
): { cache: CachedPlaybook[]; refused: Note['refused']; seen: Record<string, number> } {
  const cache = new Map<string, CachedPlaybook>();
  const refused: Note['refused'] = [];
  const highest: Record<string, number> = { ...seen };
  for (const body of answered) {
    const id = String(body['id'] ?? '').slice(0, 60);
    try {
      const { version } = believed(body, trust);
      const last = Object.hasOwn(highest, id) ? highest[id]! : 0;
      if (version < last) throw new AdiuvaError('playbook.outdated', { detail: `version ${version}, and ${last} was seen before` });
      highest[id] = version;
      cache.set(id, { id, version, fetchedAt, body });
    } catch (error) {
      refused.push({ id, problem: toProblem(error) });
      const kept = before.find((row) => row.id === id);
      if (kept && !cache.has(id)) cache.set(id, kept);
    }
  }
  return { cache: [...cache.values()], refused, seen: highest };
}

function viewOf({ playbook, fetchedAt }: Book, allowed: boolean): PlaybookView {
  const { id, version, title, description, category, set, inputs, data, steps } = playbook;
  const reads = Object.values(data).map(({ query }) => localQueries[query].type ?? query.slice(0, query.indexOf('.')));
  return {
    id,
    version,
    title,
    description,
    category,
    set,
    inputs,
    reads: [...new Set(reads)],
    cloud: answersOf(playbook).size > 0 ? 'some' : 'none',
    proposes: steps.some(({ action }) => action !== 'llm'),
    locked: allowed ? null : lowestTierWith(set),
    source: fetchedAt === null ? 'bundle' : 'cloud',
    fetchedAt,
    problem: null,
  };
}

/** Nothing is known of these but what their row says. */
const unknown = { version: 1, inputs: [], reads: [], cloud: 'none', proposes: false, source: 'cloud', fetchedAt: null } as const;

const lockedView = ({ tier, ...head }: LockedPlaybook): PlaybookView => ({ ...unknown, ...head, inputs: [], reads: [], locked: tier, problem: null });

/** Of what cannot be believed not even the title is shown. */
const refusedView = ({ id, problem }: { id: string; problem: Problem }): PlaybookView => ({
  ...unknown,
  id,
  title: id,
  description: '',
  category: 'day',
  set: 'basic',
  inputs: [],
  reads: [],
  locked: null,
  problem,
});
