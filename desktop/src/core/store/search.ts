import { labelOf, type RecordType } from '@adiuva/shared/contracts/records.ts';
import type { SearchHit } from '../../bridge/shapes.ts';
import type { Sql } from './database.ts';
import type { Row, SqlValue } from './engine.ts';
import { unescaped } from './json.ts';
import { recordOf, textOf } from './records.ts';
import { excerpt, expression, queryWords, type QueryWord } from './words.ts';

export interface SearchOptions {
  /** `tasks`, `events`, `notes`, `projects`, `emails` (also in the singular), `messages`, `sessions`, or a collection of documents. */
  readonly collection?: string | undefined;
  readonly limit: number;
}

export type Search = (query: string, options: SearchOptions) => Promise<SearchHit[]>;

const collectionOf: Readonly<Record<RecordType, string>> = { task: 'tasks', event: 'events', note: 'notes', project: 'projects', email: 'emails' };

/** A word in more than this share of everything says little: it is left out where a rarer one is there (V3 in the performance goals). */
const commonShare = 0.05;
/** Entries that are ranked for having some of the words: the rarest words' first. */
const rankedForSome = 2_000;
/** Below this many entries no word is common. */
const fewEntries = 1_000;
/** A last word that so many entries hold is taken as written, not as a beginning: enough is found, and the list of all that begin with it is long. */
const wordOfItsOwn = 200;
/** Searches after which the counts of words are read anew. */
const countsLast = 100;

interface Found {
  readonly rowid: number;
  readonly score: number;
}

/** What a hit is made of, by the last two bits of its rowid in the index. */
interface Kind {
  readonly rows: string;
  /** Null where the row must not be shown. */
  hit(row: Row, words: readonly QueryWord[]): Omit<SearchHit, 'score'>;
}

const sources = ['keyword'];

const kinds: readonly Kind[] = [
  {
    rows: 'select seq, id, type, version, body, created_at, updated_at from records where seq in (select value from json_each(?))',
    hit(row, words) {
      const { id, type, fields } = recordOf(row);
      return {
        id,
        collection: collectionOf[type],
        title: labelOf(type, fields),
        snippet: excerpt(textOf(type, fields), words),
        sources,
        recordType: type,
        sessionId: null,
      };
    },
  },
  {
    rows: `select m.seq, m.id, m.session_id, m.text, s.title from messages m join sessions s on s.id = m.session_id
      where m.seq in (select value from json_each(?)) and m.removed = 0 and s.removed = 0`,
    hit: (row, words) => ({
      id: String(row['id']),
      collection: 'messages',
      title: unescaped(row['title']),
      snippet: excerpt(unescaped(row['text']), words),
      sources,
      recordType: null,
      sessionId: String(row['session_id']),
    }),
  },
  {
    rows: 'select seq, id, collection, title, text from documents where seq in (select value from json_each(?))',
    hit: (row, words) => ({
      id: String(row['id']),
      collection: String(row['collection']),
      title: unescaped(row['title']),
      snippet: excerpt(unescaped(row['text']), words),
      sources,
      recordType: null,
      sessionId: null,
    }),
  },
  {
    rows: 'select seq, id, title from sessions where seq in (select value from json_each(?)) and removed = 0',
    hit: (row) => ({
      id: String(row['id']),
      collection: 'sessions',
      title: unescaped(row['title']),
      snippet: '',
      sources,
      recordType: null,
      sessionId: String(row['id']),
    }),
  },
];

/** The condition that keeps a search to one collection, with its parameters. */
function within(collection: string | undefined): readonly [sql: string, ...params: SqlValue[]] {
  if (collection === undefined) return [''];
  const type = Object.entries(collectionOf).find(([one, many]) => collection === one || collection === many)?.[0];
  if (type) return ['and rowid % 4 = 0 and exists (select 1 from records where seq = words.rowid / 4 and type = ?)', type];
  if (collection === 'messages' || collection === 'message') return ['and rowid % 4 = 1'];
  if (collection === 'sessions' || collection === 'session') return ['and rowid % 4 = 3'];
  return ['and rowid % 4 = 2 and exists (select 1 from documents where seq = words.rowid / 4 and collection = ?)', collection];
}

/** Search by words over everything in the store, best first: what has all words, then what has them with the last one as a beginning, then what has some. */
export function createSearch(sql: Sql): Search {
  const weigh = wordWeights(sql);

  async function collect(stages: readonly string[], ask: number, collection: string | undefined): Promise<{ found: Found[]; more: boolean }> {
    const [condition, ...params] = within(collection);
    const found = new Map<number, Found>();
    let more = false;
    for (const match of stages) {
      const least = [...found.values()].at(-1)?.score ?? Infinity;
      const rows = await sql.all(`select rowid, rank from words where words match ? ${condition} order by rank limit ?`, [match, ...params, ask]);
      more ||= rows.length === ask;
      for (const row of rows) {
        const rowid = Number(row['rowid']);
        if (!found.has(rowid)) found.set(rowid, { rowid, score: Math.min(least, -Number(row['rank'])) });
      }
      if (found.size >= ask) break;
    }
    return { found: [...found.values()].slice(0, ask), more };
  }

  return async (query, { collection, limit }) => {
    const words = queryWords(query);
    if (words.length === 0 || limit < 1) return [];
    const stages = stagesOf(await weigh(words));
    // Removed messages are still in the index, so it may take a second, longer look.
    for (let ask = limit + 10; ; ask *= 4) {
      const { found, more } = await collect(stages, ask, collection);
      const hits = await hydrate(sql, found, words);
      if (hits.length >= limit || !more) return hits.slice(0, limit);
    }
  };
}

const countedTables = ['records', 'messages where removed = 0', 'documents'];

/** How much there is to find; titles of conversations go with their messages. */
export async function countEntries(sql: Sql): Promise<number> {
  const [row] = await sql.all(`select ${countedTables.map((table) => `(select count(*) from ${table})`).join(' + ')} as n`);
  return Number(row?.['n']);
}

interface Weighed {
  readonly word: QueryWord;
  /** Entries that hold it; 0 where that is not known. */
  readonly entries: number;
  readonly common: boolean;
  readonly last: boolean;
}

/** The expressions to try one after the other until there are hits enough. */
function stagesOf(weighed: readonly Weighed[]): readonly string[] {
  const rare = weighed.filter(({ common }) => !common);
  const kept = rare.length > 0 ? rare : weighed;
  const exact = kept.map(({ word }) => expression(word, false)).join(' AND ');
  const begun = kept.map(({ word, last, entries }) => expression(word, last && entries < wordOfItsOwn)).join(' AND ');
  const some = fewest(kept)
    .map(({ word, last, entries }) => expression(word, last && entries === 0))
    .join(' OR ');
  return [...new Set(kept.length > 1 ? [exact, begun, some] : [exact, begun])];
}

/** The rarest words, as many as {@link rankedForSome} allows. */
function fewest(kept: readonly Weighed[]): readonly Weighed[] {
  let left = rankedForSome;
  return kept.toSorted((a, b) => a.entries - b.entries).filter(({ entries }, index) => (left -= entries) >= 0 || index === 0);
}

async function hydrate(sql: Sql, found: readonly Found[], words: readonly QueryWord[]): Promise<SearchHit[]> {
  const hits = new Map<number, Omit<SearchHit, 'score'>>();
  await Promise.all(
    kinds.map(async ({ rows, hit }, kind) => {
      const seqs = found.filter(({ rowid }) => rowid % 4 === kind).map(({ rowid }) => (rowid - kind) / 4);
      if (seqs.length === 0) return;
      for (const row of await sql.all(rows, [JSON.stringify(seqs)])) hits.set(Number(row['seq']) * 4 + kind, hit(row, words));
    }),
  );
  return found.flatMap(({ rowid, score }) => {
    const hit = hits.get(rowid);
    return hit ? [{ ...hit, score }] : [];
  });
}

/** How many entries hold each word. Counts are kept for a while, because a common word's count walks its whole list. */
function wordWeights(sql: Sql): (words: readonly QueryWord[]) => Promise<readonly Weighed[]> {
  let counts = new Map<string, number>();
  let entries = 0;
  let left = 0;

  async function refresh(): Promise<void> {
    if (left-- > 0) return;
    left = countsLast;
    counts = new Map();
    const [row] = await sql.all('select count(*) as n from words_docsize');
    entries = Number(row?.['n']);
  }

  async function count({ tokens }: QueryWord): Promise<number> {
    if (tokens.length !== 1) return 0;
    const term = tokens[0]!.normalize('NFD').replace(/\p{M}/gu, '');
    const known = counts.get(term);
    if (known !== undefined) return known;
    const [row] = await sql.all('select doc from word_counts where term = ?', [term]);
    counts.set(term, Number(row?.['doc'] ?? 0));
    return counts.get(term)!;
  }

  return async (words) => {
    const last = words.at(-1);
    const unweighed = words.map((word) => ({ word, entries: 0, common: false, last: word === last }));
    if (words.length < 2) return unweighed;
    await refresh();
    if (entries < fewEntries) return unweighed;
    const counted = await Promise.all(words.map(count));
    return unweighed.map((each, index) => ({ ...each, entries: counted[index]!, common: counted[index]! > entries * commonShare }));
  };
}
