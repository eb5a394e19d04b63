import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import type { Clock } from '@adiuva/shared/kit/clock.ts';
import type { CoreApi } from '../../bridge/procedures.ts';
import type { ChatSession } from '../../bridge/shapes.ts';
import type { Store, Tables } from '../store/store.ts';

export interface Sessions {
  sessions: CoreApi['chat.sessions'];
  create: CoreApi['chat.create'];
  rename: CoreApi['chat.rename'];
  restore: CoreApi['chat.restore'];
}

/** The list of conversations. */
export function createSessions(store: () => Store, { clock, freshId }: { clock: Clock; freshId: () => string }): Sessions {
  return {
    sessions: async (page) => ({ sessions: await store().t.sessions.list(page) }),
    async create() {
      const session = newSession(freshId(), titleFrom(''), new Date(clock.now()).toISOString());
      await store().t.sessions.insert(session);
      return session;
    },
    async rename({ sessionId, title }) {
      await store().tx(async (t) => t.sessions.update({ ...(await sessionOf(t, sessionId)), title }));
      return sessionOf(store().t, sessionId);
    },
    async restore({ sessionId }) {
      await store().t.sessions.restore(sessionId);
      return sessionOf(store().t, sessionId);
    },
  };
}

const titleLength = 60;
export const draftKey = (sessionId: string | null): string => `draft:${sessionId ?? 'new'}`;

/** Text in one line of at most `most` UTF-16 units, never ending in half a character. */
export function oneLine(text: string, most: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length <= most ? line : line.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
}

/** The first words of a text in one line, cut between words where that leaves most of them. */
export function titleFrom(text: string): string {
  const [line, cut] = [oneLine(text, titleLength + 1), oneLine(text, titleLength)];
  if (line === cut) return line || 'New conversation';
  const space = cut.lastIndexOf(' ');
  return `${space > titleLength / 2 ? cut.slice(0, space) : cut}…`;
}

export const newSession = (id: string, title: string, at: string): ChatSession => ({ id, title, createdAt: at, updatedAt: at, messages: 0 });

/** @throws AdiuvaError `session.not_found` */
export async function sessionOf(t: Tables, id: string): Promise<ChatSession> {
  const session = await t.sessions.get(id);
  if (!session) throw new AdiuvaError('session.not_found');
  return session;
}

/** Marks the conversation as used at `at`; its first message names it, unless it has a name of its own. */
export async function touchSession(t: Tables, id: string, at: string, firstText?: string): Promise<void> {
  const session = await t.sessions.get(id);
  if (!session) return;
  const unnamed = session.messages === 0 && session.title === titleFrom('');
  await t.sessions.update({ ...session, updatedAt: at, title: unnamed && firstText !== undefined ? titleFrom(firstText) : session.title });
}
