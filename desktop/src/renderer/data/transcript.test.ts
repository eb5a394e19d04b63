import { describe, expect, it } from 'vitest';
import type { Message } from '../../bridge/shapes.ts';
import { LiveTranscript } from './live-transcript.ts';
import { emptyTranscript, withActivity, withGiven, withList, withMessage, withoutMessage, withToken } from './transcript.ts';

const answer = (text: string, more: Partial<Message> = {}): Message => ({
  id: 'a1',
  sessionId: 's1',
  role: 'assistant',
  text,
  state: 'streaming',
  route: 'cloud',
  agents: [],
  model: null,
  requestId: null,
  parentId: 'q1',
  planId: null,
  problem: null,
  activity: [],
  createdAt: '2026-11-20T10:00:01Z',
  ...more,
});
const question = answer('hi', { id: 'q1', role: 'user', state: 'done', parentId: null, createdAt: '2026-11-20T10:00:01Z' });
const token = (seq: number, text: string) => ({ messageId: 'a1', sessionId: 's1', seq, text });
const start = withMessage(withMessage(emptyTranscript, answer('')), question);
const textOf = (transcript: typeof start) => transcript.messages.find((message) => message.id === 'a1')?.text;

describe('a conversation as it grows', () => {
  it('keeps an answer that ended by an event when an older list or reply says that it streams', () => {
    const ended = withMessage(start, answer('Done.', { state: 'done' }));
    expect(withList(ended, [question, answer('')]).messages).toEqual(ended.messages);
    expect(withGiven(ended, answer(''))).toBe(ended);
    expect(withMessage(ended, answer('Again')).messages.at(-1)?.state).toBe('streaming');
  });
  it('puts the question before its answer, also of the same moment', () => expect(start.messages.map((message) => message.id)).toEqual(['q1', 'a1']));

  it('appends frames in order and ignores a repeated one', () => {
    const grown = [token(2, 'Hel'), token(3, 'lo'), token(3, 'lo'), token(2, 'Hel')].reduce(withToken, start);
    expect(textOf(grown)).toBe('Hello');
  });

  it('read in the middle of an answer, it shows no token twice and misses none', () => {
    const read = withList(emptyTranscript, [question, answer('Hello', { seq: 3 })]);
    expect(textOf([token(2, 'Hel'), token(3, 'lo'), token(4, ', you')].reduce(withToken, read))).toBe('Hello, you');
    const behind = withToken(start, token(2, 'Hel'));
    const again = withList(behind, [question, answer('Hello', { seq: 3 })]);
    expect(textOf(withToken(withToken(again, token(3, 'lo')), token(4, ', you')))).toBe('Hello, you');
    const ahead = [token(2, 'Hel'), token(3, 'lo')].reduce(withToken, start);
    expect(textOf(withList(ahead, [question, answer('Hel', { seq: 2 })]))).toBe('Hello');
  });

  it('takes the saved answer as it is at the end, and nothing after it', () => {
    const done = withMessage(withToken(start, token(2, 'Hel')), answer('Hello', { state: 'done' }));
    expect(textOf(withToken(done, token(3, 'lo')))).toBe('Hello');
  });

  it('keeps the longer text when the list is older than the stream', () => {
    const grown = withToken(start, token(2, 'Hello'));
    expect(textOf(withList(grown, [question, answer('Hel')]))).toBe('Hello');
    expect(textOf(withList(grown, [question, answer('Hello.', { state: 'done' })]))).toBe('Hello.');
  });

  it('says one quiet line once', () => {
    const line = { messageId: 'a1', sessionId: 's1', agent: 'task' as const, text: 'Looking' };
    expect(withActivity(withActivity(start, line), line).messages.at(-1)?.activity).toEqual([{ agent: 'task', text: 'Looking' }]);
  });

  it('loses a deleted line only', () => expect(withoutMessage(start, 'a1').messages.map((message) => message.id)).toEqual(['q1']));
});

describe('painting', () => {
  it('happens once a frame, however many tokens came', () => {
    const listeners = new Map<string, (data: never) => void>();
    const frames: (() => void)[] = [];
    const bridge = { on: (type: string, listener: (data: never) => void) => (listeners.set(type, listener), () => void listeners.delete(type)) };
    const live = new LiveTranscript(bridge as never, 's1', (fn) => frames.push(fn));
    const close = live.open();
    let painted = 0;
    live.subscribe(() => painted++);
    listeners.get('chat.message')?.(answer('') as never);
    for (let seq = 1; seq <= 1_000; seq++) listeners.get('chat.token')?.(token(seq, 'x') as never);
    listeners.get('chat.token')?.({ ...token(2_000, 'other'), sessionId: 's2' } as never);
    expect([frames.length, painted]).toEqual([1, 0]);
    frames[0]?.();
    expect([painted, live.snapshot().messages[0]?.text.length]).toEqual([1, 1_000]);
    close();
    expect(listeners.size).toBe(0);
  });
});
