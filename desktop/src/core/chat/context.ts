import { chatLimits, type ChatContext, type ContextRecord } from '@adiuva/shared/contracts/chat.ts';
import type { RecordType, StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { zoneNamed } from '@adiuva/shared/language/zone.ts';
import type { Message, SearchHit } from '../../bridge/shapes.ts';
import type { Store } from '../store/store.ts';

/** Who asks, from where, in which language. */
export interface Profile {
  readonly displayName: string;
  /** IANA name. */
  readonly timeZone: string;
  /** BCP 47 tag. */
  readonly locale: string;
}

const dayMs = 86_400_000;
/** How much of each kind a question takes along; a field longer than `field` characters is cut. */
const shares = {
  tasks: 150,
  events: 150,
  mails: 50,
  found: 20,
  history: 30,
  field: 2_000,
  excerpt: 4_000,
  historyBytes: 256 * 1024,
  spare: 64 * 1024,
} as const;

/** Times within ISO 8601's four-digit years, whatever the clock says. */
const instant = (ms: number): number => Math.min(Math.max(ms, Date.UTC(1, 0)), Date.UTC(9998, 11));

function isZone(name: string): boolean {
  try {
    zoneNamed(name);
    return true;
  } catch {
    return false;
  }
}

/** An instant as ISO 8601 with the zone's offset. */
export function localTime(ms: number, timeZone: string): string {
  const at = instant(ms);
  const seconds = Math.round(zoneNamed(timeZone).offsetAt(at) / 60) * 60;
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  const away = Math.abs(seconds);
  const offset = seconds === 0 ? 'Z' : `${seconds < 0 ? '-' : '+'}${two(away / 3600)}:${two((away % 3600) / 60)}`;
  return new Date(at + seconds * 1000).toISOString().replace('Z', offset);
}

/**
 * What a question takes along, read from the store now: profile, tasks (open and soon due first), events around now, newest mail (metadata), what the
 * search finds for the question, and the turns before it. What came from outside is marked `untrusted`. At most `chatLimits.contextBytes`.
 */
export async function contextFor(store: Store, question: Message, profile: Profile, now: number): Promise<ChatContext> {
  const timeZone = isZone(profile.timeZone) ? profile.timeZone : 'UTC';
  const [tasks, events, mails, counts, found, turns] = await Promise.all([
    store.t.records.list({ type: 'task', limit: shares.tasks }),
    store.t.records.list({ type: 'event', from: localTime(now - dayMs, 'UTC'), to: localTime(now + 120 * dayMs, 'UTC'), limit: shares.events }),
    store.t.records.list({ type: 'email', limit: shares.mails }),
    store.t.records.counts(),
    findFor(store, question.text),
    store.t.messages.last(question.sessionId, shares.history + 10),
  ]);
  const merged = (type: RecordType, listed: StoredRecord[]) => [
    ...new Map([...listed, ...found.records.filter((r) => r.type === type)].map((r) => [r.id, r])).values(),
  ];
  return fitted({
    userProfile: {
      ...(profile.displayName && { displayName: profile.displayName.slice(0, 200) }),
      timeZone,
      locale: profile.locale.slice(0, 35),
      now: localTime(now, timeZone),
    },
    relevantDocuments: found.documents,
    recentTasks: merged('task', tasks.records).map(slim),
    upcomingEvents: merged('event', events.records).map(slim),
    emailMetadata: mails.records.map(slim),
    metrics: { records: counts },
    conversationHistory: historyBefore(question, turns),
  });
}

type FoundDocument = ChatContext['relevantDocuments'][number];

/** Conversations are not searched: what was said elsewhere stays there. */
async function findFor(store: Store, text: string): Promise<{ records: StoredRecord[]; documents: FoundDocument[] }> {
  const hits = await store.search(text.slice(0, 500), { limit: shares.found * 2 });
  const wanted = hits.filter((hit) => hit.collection !== 'messages' && hit.collection !== 'sessions').slice(0, shares.found);
  const records: StoredRecord[] = [];
  const documents: FoundDocument[] = [];
  for (const hit of wanted) {
    const record = hit.recordType ? await store.t.records.get(hit.id) : null;
    if (record?.type === 'task' || record?.type === 'event') records.push(record);
    else if (record?.type !== 'email') documents.push(await documentOf(store, hit, record));
  }
  return { records, documents };
}

/** A note is the user's own; a document may be anyone's text, so nothing in it is taken for the user's word. */
async function documentOf(store: Store, hit: SearchHit, record: StoredRecord | null): Promise<FoundDocument> {
  const text = record ? String(record.fields['body'] ?? hit.snippet) : ((await store.t.documents.get(hit.id))?.text ?? hit.snippet);
  return {
    id: hit.id,
    collection: hit.collection.slice(0, 100),
    title: hit.title.slice(0, 2_000),
    excerpt: cut(text, shares.excerpt),
    provenance: record ? 'user' : 'untrusted',
  };
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function slim({ id, type, fields }: StoredRecord): ContextRecord {
  const short = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? cut(value, shares.field) : value] as const);
  return { id, provenance: type === 'email' ? 'untrusted' : 'user', fields: Object.fromEntries(short) };
}

/** Turns before the question, oldest first; an answer that failed or still waits says nothing. */
function historyBefore(question: Message, turns: Message[]): ChatContext['conversationHistory'] {
  const at = turns.findIndex((m) => m.id === question.id);
  // Not among the last turns: not stored yet, or asked again from further up.
  const before = (at < 0 ? turns.filter((m) => m.createdAt <= question.createdAt) : turns.slice(0, at)).filter(
    (m) => m.text !== '' && (m.state === 'done' || m.state === 'stopped'),
  );
  return before.slice(-shares.history).map((m) => ({ role: m.role, content: cut(m.text, chatLimits.message) }));
}

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length + 1;

/** As many of each list as fit: the last turns first, then tasks, events, documents, mail. */
function fitted(context: ChatContext): ChatContext {
  let left: number = chatLimits.contextBytes - shares.spare;
  const take = <T>(items: readonly T[], most = Infinity): T[] => {
    let share = Math.min(left, most);
    const kept: T[] = [];
    for (const item of items) {
      const size = bytesOf(item);
      if (size > share) break;
      share -= size;
      left -= size;
      kept.push(item);
    }
    return kept;
  };
  return {
    ...context,
    conversationHistory: take(context.conversationHistory.toReversed(), shares.historyBytes).toReversed(),
    recentTasks: take(context.recentTasks.slice(0, chatLimits.items)),
    upcomingEvents: take(context.upcomingEvents.slice(0, chatLimits.items)),
    relevantDocuments: take(context.relevantDocuments),
    emailMetadata: take(context.emailMetadata),
  };
}
