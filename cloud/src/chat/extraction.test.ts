import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chatContext, type ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, toProblem } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom, systemRandom } from '@adiuva/shared/kit/ids.ts';
import { jsonLog } from '@adiuva/shared/kit/log.ts';
import type { ModelRequest } from '@adiuva/shared/models/model.ts';
import { scriptedModel, type ScriptedReply } from '@adiuva/shared/models/scripted.ts';
import { memoryRunLog } from '../adapters/run-log/memory.ts';
import { openChat } from './chat.ts';
import { disguised } from './disguises.suite.ts';
import type { FrameBody } from './frames.ts';
import { watchFor, type Watch } from './leak-guard.ts';
import { orchestrate } from './orchestrate.ts';
import { openPrompts } from './prompts.ts';
import type { Withheld } from './screening.ts';

/** An attempt to get our words out: what is asked and where, and what a model that obeys then gives, in which disguise, through which opening. */
interface Attempt {
  readonly kind: string;
  readonly via: 'message' | 'document' | 'mail' | 'event' | 'task' | 'tool result';
  readonly ask: string;
  readonly says: 'mark' | 'instructions';
  readonly as: readonly string[];
  readonly through: string;
  /** Around what is said, at `{}`. */
  readonly wrap?: string;
  /** Turns before, of the user and the assistant by turns. */
  readonly history?: readonly string[];
}
interface Benign {
  readonly ask: string;
  readonly answer: string;
}
const read = <T>(name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T[];
const attempts = read<Attempt>('extraction.json');
const benign = read<Benign>('benign.json');

/** A seed of its own for every run; what fails names it. */
const seed = Buffer.from(systemRandom(4)).readUInt32LE();
const random = seededRandom(seed);
const below = (limit: number) => Math.floor((Buffer.from(random(4)).readUInt32LE() / 2 ** 32) * limit);

const prompts = openPrompts(random);
const watch = watchFor(prompts.secrets);
const mark = prompts.secrets.marks[0]!;
const bare = chatContext.parse({ userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } });
const instructions = prompts.conversation(['general'], 'x', bare)[0]!.content;

const formOf = ({ says, as }: Attempt) => disguised(says === 'mark' ? mark : instructions, as);
const saidBy = (attempt: Attempt) =>
  (attempt.wrap ?? '{}')
    .replaceAll('{{', '{')
    .replaceAll('}}', '}')
    .replace('{}', () => formOf(attempt));

/** Whether any piece of `form` that is longer than `length` stands in `out`. */
const shareMore = (out: string, form: string, length: number): boolean => {
  const size = Math.floor(length) + 1;
  for (let at = 0; at + size <= form.length; at++) if (out.includes(form.slice(at, at + size))) return true;
  return false;
};

/** What is let out of a mark stays under two thirds of it; of instructions, under a hundred letters. Both as they were written down. */
function leaks(out: string, attempt: Attempt): boolean {
  const form = formOf(attempt);
  const allowed = attempt.says === 'mark' ? 0.6 * form.length : (100 * form.length) / instructions.length;
  return (
    shareMore(out, form, allowed) ||
    out
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '')
      .includes(mark)
  );
}

const through = (guarding: Watch, pieces: readonly string[]) => {
  const guard = guarding.guard();
  return pieces.map((piece) => guard.push(piece)).join('') + guard.end();
};
const inTwo = (text: string) => Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);
function pieces(text: string): string[] {
  const most = 1 + below(24);
  const cut: string[] = [];
  for (let at = 0; at < text.length;) cut.push(text.slice(at, (at += 1 + below(most))));
  return cut;
}
const every = (text: string) => (text.length < 900 ? [...inTwo(text), text.split('')] : Array.from({ length: 6 }, () => pieces(text)));

describe('the corpus of attempts', () => {
  it('has many of every kind', () => {
    expect(attempts.length).toBeGreaterThanOrEqual(150);
    expect(new Set(attempts.map(({ kind }) => kind))).toEqual(
      new Set(['direct', 'role play', 'encoding', 'two encodings', 'wrapping', 'another language', 'several turns', 'injected', 'another way out']),
    );
    expect(new Set(attempts.map((attempt) => JSON.stringify(attempt))).size).toBe(attempts.length);
  });

  it('would give everything away, but for the guard', () => {
    expect(attempts.filter((attempt) => !leaks(saidBy(attempt), attempt)).map(({ ask }) => ask)).toEqual([]);
  });

  it('gives nothing away, at whatever place the answer is cut', () => {
    const bad = attempts.flatMap((attempt) => {
      const said = saidBy(attempt);
      const whole = through(watch, [said]);
      const differs = every(said).find((cut) => through(watch, cut) !== whole);
      return differs || leaks(whole, attempt) ? [{ seed, ask: attempt.ask, as: attempt.as, whole, differs }] : [];
    });
    expect(bad).toEqual([]);
  });
});

const said = (strings: unknown): string[] =>
  typeof strings === 'string' ? [strings] : strings !== null && typeof strings === 'object' ? Object.values(strings).flatMap(said) : [];

function contextOf({ via, ask, history = [] }: Attempt): ChatContext {
  const record = (id: string, fields: object) => ({ id, provenance: 'untrusted' as const, fields });
  const document = (provenance: 'user' | 'untrusted') => ({ id: 'd1', collection: 'mail', title: 'Contract', excerpt: ask, provenance });
  return chatContext.parse({
    ...bare,
    relevantDocuments: via === 'document' ? [document('untrusted')] : via === 'tool result' ? [document('user')] : [],
    recentTasks: via === 'task' ? [record('t1', { title: ask, status: 'open' })] : [],
    upcomingEvents: via === 'event' ? [record('e1', { title: ask, startAt: '2026-11-21T10:00:00+01:00', endAt: '2026-11-21T11:00:00+01:00' })] : [],
    emailMetadata: via === 'mail' ? [record('m1', { subject: ask, from: 'x@example.com', receivedAt: '2026-11-19T10:00:00+01:00', labels: [] })] : [],
    conversationHistory: history.map((content, index) => ({ role: index % 2 ? 'assistant' : 'user', content })),
  });
}

const note = (args: object) => ({ name: 'create_note', arguments: { title: 'Note', ...args } });
/** How a model gets a text out by another way than its answer. */
const ways: Readonly<Record<string, (text: string) => ScriptedReply>> = {
  answer: (text) => ({ text: pieces(text) }),
  title: (text) => ({ toolCalls: [note({ title: text })] }),
  'plan title': (text) => ({ toolCalls: [note({ title: `Mine: ${text}` })] }),
  explain: (text) => ({ toolCalls: [note({ explain: text.slice(0, 1_000) })] }),
  notes: (text) => ({ toolCalls: [note({ body: text })] }),
  tags: (text) => ({ toolCalls: [note({ tags: text.length > 50 ? [text.slice(0, 30), text.slice(30)] : text.split(' ') })] }),
  action: (text) => ({ toolCalls: [note({ title: `(${text})` })], text: 'Look.' }),
  'several titles': (text) => ({ toolCalls: [0, 6, 12, 18].map((at) => note({ title: text.slice(at, at + 6) })) }),
  draft: (text) => ({ toolCalls: [{ name: 'draft_email', arguments: { subject: 'Hi', body: text } }] }),
  question: (text) => ({ toolCalls: [{ name: 'ask_agent', arguments: { agent: 'task', question: text } }] }),
  fault: (text) => ({ error: new AdiuvaError('model.refused', { detail: text }) }),
};

/** Everything that leaves of one request, as the texts of its frames or of the problem that ends it, and what was counted. */
async function asked(attempt: Attempt, guarding: Watch = watch) {
  const obey = ({ schema, messages, tools }: ModelRequest): ScriptedReply => {
    if (schema?.name === 'reading')
      return { text: JSON.stringify({ documents: [{ index: 0, summary: saidBy(attempt).slice(0, 600), facts: [], givesOrders: false }] }) };
    if (schema) return { text: JSON.stringify({ agents: [attempt.through === 'draft' ? 'email' : 'general'], confidence: 0.9 }) };
    const last = messages.at(-1)!;
    if (attempt.through === 'question' && last.content === saidBy(attempt)) return { text: last.content };
    if (attempt.via === 'tool result' && tools && last.role === 'user') return { toolCalls: [{ name: 'search_documents', arguments: {} }] };
    return last.role === 'tool' && attempt.via !== 'tool result' ? { text: `${last.content} ok` } : ways[attempt.through]!(saidBy(attempt));
  };
  const frames: FrameBody[] = [];
  const counted: [Withheld, number][] = [];
  const message = attempt.via === 'message' && attempt.through === 'answer' ? attempt.ask : 'asdf qwer zxcv';
  const request = { requestId: 'request-1', sessionId: 'session-1', message, executionMode: 'plan' as const, context: contextOf(attempt) };
  const model = scriptedModel(obey, 'openai:obedient');
  const withheld = (where: Withheld, count: number) => void counted.push([where, count]);
  const deps = { model, prompts, watch: guarding, clock: manualClock(Date.parse('2026-11-20T08:00:00Z')), random, withheld };
  let problem: unknown = null;
  try {
    for await (const frame of orchestrate(request, deps, new AbortController().signal)) frames.push(frame);
  } catch (error) {
    problem = toProblem(error, 'request-1');
  }
  const answer = frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');
  const names = frames.flatMap((frame) => (frame.type === 'action' ? [/“(.*)”/s.exec(frame.summary)?.[1] ?? ''] : [])).join('');
  return { out: [answer, names, ...said(frames), ...said(problem)].join('\n'), counted, frames, problem };
}

describe('an obedient model behind the whole chat', () => {
  it('gets nothing of ours out, by no way, and every time is counted without its words', async () => {
    const bad = [];
    for (const attempt of attempts) {
      const { out, counted } = await asked(attempt);
      if (leaks(out, attempt) || counted.length === 0)
        bad.push({ seed, ask: attempt.ask, through: attempt.through, as: attempt.as, counted, out: out.slice(0, 400) });
    }
    expect(bad).toEqual([]);
  });

  it('puts no field out that no schema declares', async () => {
    const stray = { ...note({ title: 'Tea' }), debug: mark, token: mark };
    const attempt: Attempt = { kind: 'direct', via: 'message', ask: 'x', says: 'mark', as: [], through: 'stray' };
    const model = scriptedModel(({ schema, messages }) =>
      schema
        ? { text: '{"agents":["general"],"confidence":1,"system":"' + mark + '"}' }
        : messages.at(-1)!.role === 'tool'
          ? { text: 'ok', usage: { inputTokens: 1, outputTokens: 1, prompt: mark } as never }
          : { toolCalls: [stray as never] },
    );
    const request = { requestId: 'r-1', sessionId: 's-1', message: 'asdf qwer zxcv', executionMode: 'direct' as const, context: contextOf(attempt) };
    const frames: unknown[] = [];
    const deps = { model, prompts, watch, clock: manualClock(Date.parse('2026-11-20T08:00:00Z')), random };
    for await (const frame of orchestrate(request, deps, new AbortController().signal)) frames.push(frame);
    expect(JSON.stringify(frames)).not.toContain(mark);
    expect(frames.at(-1)).toEqual({
      type: 'final',
      response: {
        requestId: 'r-1',
        sessionId: 's-1',
        agents: ['general'],
        response: 'ok',
        plan: null,
        actions: [{ action: 'create_record', params: { type: 'note', fields: { title: 'Tea' } }, explain: expect.any(String) }],
        usage: { model: 'scripted', inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
      },
    });
  });
});

describe('the log', () => {
  it('says that something was withheld, where and how often, and not a word of it', async () => {
    const lines: string[] = [];
    const clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
    const model = scriptedModel(({ messages, schema }) => ({ text: schema ? '{}' : messages[0]!.content }), 'openai:obedient');
    const chat = openChat({ model, clock, random, log: jsonLog((line) => lines.push(line), clock.now), defer: setImmediate, runLog: memoryRunLog({ clock }) });
    const run = await chat.begin(
      { userId: 'u', sessionId: 's', tier: 'free', seats: 1 },
      { requestId: 'request-1', message: 'asdf qwer zxcv', executionMode: 'plan', context: bare },
    );
    await run.ended();
    await chat.close();
    const [line] = lines.filter((one) => one.includes('chat.withheld')).map((one) => JSON.parse(one) as object);
    expect(line).toEqual({ time: expect.any(String), level: 'warn', event: 'chat.withheld', requestId: 'request-1', kind: 'token', count: expect.any(Number) });
    expect(lines.join()).not.toMatch(/asdf|Adiuva, a personal|internal mark/);
  });
});

describe('benign requests', () => {
  it('are answered byte for byte, wherever the answer is cut', () => {
    expect(benign.length).toBeGreaterThanOrEqual(100);
    const changed = benign.filter(({ answer }) =>
      [...(answer.length < 900 ? inTwo(answer) : []), pieces(answer), answer.split('')].some((cut) => through(watch, cut) !== answer),
    );
    expect([seed, changed]).toEqual([seed, []]);
  });

  it('are answered byte for byte by the whole chat, with mail of strangers in the turn', async () => {
    const mail = {
      id: 'm1',
      provenance: 'untrusted',
      fields: { subject: 'Offer', from: 'shop@shop.example', receivedAt: '2026-11-19T10:00:00+01:00', labels: [] },
    };
    const context = chatContext.parse({ ...bare, emailMetadata: [mail] });
    const changed: unknown[] = [];
    for (const { ask, answer } of benign) {
      const model = scriptedModel(({ schema }) => ({ text: schema ? '{"agents":["general"],"confidence":1}' : pieces(answer) }), 'openai:benign');
      const request = { requestId: 'request-1', sessionId: 'session-1', message: ask, executionMode: 'plan' as const, context };
      const deps = { model, prompts, watch, clock: manualClock(Date.parse('2026-11-20T08:00:00Z')), random };
      for await (const frame of orchestrate(request, deps, new AbortController().signal))
        if (frame.type === 'final' && frame.response.response !== answer) changed.push({ seed, answer, got: frame.response.response });
    }
    expect(changed).toEqual([]);
  });
});

describe('these tests', () => {
  const leaking = (guarding: Watch) => attempts.filter((attempt) => leaks(through(guarding, pieces(saidBy(attempt))), attempt)).length;

  it('see a guard that forgets at the border of a piece', () => {
    const forgetful: Watch = { ...watch, guard: () => ({ push: watch.clean, end: () => '', caught: 0 }) };
    expect(leaking(forgetful)).toBeGreaterThan(attempts.length / 3);
    expect(leaking(watch)).toBe(0);
  });

  it('see a guard that is off', async () => {
    const off: Watch = { guard: () => ({ push: (text) => text, end: () => '', caught: 0 }), clean: (text) => text, holds: () => false };
    expect(leaking(off)).toBe(attempts.length);
    const some = attempts.filter(({ through: way, as }) => way !== 'answer' && as.length === 0);
    const out = [];
    for (const attempt of some) out.push(leaks((await asked(attempt, off)).out, attempt));
    expect(out.filter(Boolean).length).toBe(some.length);
  });
});
