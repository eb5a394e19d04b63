import { describe, expect, it } from 'vitest';
import { chatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import type { ModelRequest } from '@adiuva/shared/models/model.ts';
import { scriptedModel, type ScriptedModel, type ScriptedReply } from '@adiuva/shared/models/scripted.ts';
import type { FrameBody } from './frames.ts';
import { watchFor } from './leak-guard.ts';
import { merged } from './merged.ts';
import { orchestrate } from './orchestrate.ts';
import { openPrompts } from './prompts.ts';

const context = chatContext.parse({
  userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' },
  recentTasks: [{ id: 't1', fields: { title: 'Send the invoice' } }],
});
const prompts = openPrompts(seededRandom(1));
const watch = watchFor(prompts.secrets);

/** Who a request to a model comes from: an agent, by the tools it has, or the synthesis, which has none. */
function asker({ tools, schema }: ModelRequest): 'classify' | 'task' | 'calendar' | 'email' | 'synthesis' {
  if (schema) return 'classify';
  const names = new Set((tools ?? []).map(({ name }) => name));
  return names.has('list_tasks') ? 'task' : names.has('list_events') ? 'calendar' : names.has('list_email') ? 'email' : 'synthesis';
}
type Answers = Partial<Record<ReturnType<typeof asker>, (request: ModelRequest) => ScriptedReply>>;

const acting = (answers: Answers, agents: string[], inTurn: boolean) =>
  scriptedModel((request) => {
    const who = asker(request);
    if (who === 'classify') return { text: JSON.stringify({ agents, confidence: 0.9, inTurn }) };
    return answers[who]?.(request) ?? { text: `${who} says hello`, usage: { inputTokens: 10, outputTokens: 1 } };
  }, 'openai:test');

async function run(model: ScriptedModel, more: { signal?: AbortSignal; budget?: object } = {}) {
  const clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
  const frames: FrameBody[] = [];
  const request = { requestId: 'request-1', sessionId: 's', message: 'asdf qwer zxcv', executionMode: 'plan' as const, context };
  const deps = { model, prompts, watch, clock, random: seededRandom(2), ...(more.budget && { budget: more.budget }) };
  for await (const frame of orchestrate(request, deps, more.signal ?? new AbortController().signal)) frames.push(frame);
  const final = frames.at(-1)!;
  if (final.type !== 'final') throw new Error('no final frame');
  return { frames, response: final.response, pending: clock.pending(), askers: model.requests.map(asker) };
}
const create = (title: string): ScriptedReply => ({ toolCalls: [{ name: 'create_task', arguments: { title } }] });
const once =
  (reply: ScriptedReply, then = 'done') =>
  (request: ModelRequest): ScriptedReply =>
    request.messages.at(-1)!.role === 'tool' ? { text: then } : reply;

describe('a pipeline of agents', () => {
  it('in turn: each reads what those before it found, and one answer is made of all', async () => {
    const model = acting({ task: once(create('Call Bob'), 'I prepared the call.') }, ['task', 'calendar'], true);
    const { response, frames, askers } = await run(model);
    expect(askers).toEqual(['classify', 'task', 'task', 'calendar', 'synthesis']);
    const told = (index: number) => JSON.stringify(model.requests[index]!.messages);
    expect([told(1).includes('Reports of specialists'), told(3).includes('I prepared the call.'), told(3).includes('Create task “Call Bob”')]).toEqual([
      false,
      true,
      true,
    ]);
    expect([told(4).includes('I prepared the call.'), told(4).includes('calendar says hello')]).toEqual([true, true]);
    expect([response.response, response.plan!.steps.length]).toEqual(['synthesis says hello', 1]);
    expect(frames.flatMap((frame) => (frame.type === 'thinking' ? [frame.agent] : []))).toEqual(['task', 'calendar', 'task']);
  });

  it('at once: nobody waits for another, and the plan has the order of the agents, whoever is first', async () => {
    let free!: () => void;
    const late = new Promise<void>((resolve) => (free = resolve));
    const slow = (request: ModelRequest): ScriptedReply =>
      request.messages.at(-1)!.role === 'tool'
        ? { text: 'late' }
        : { text: ['wait'], gate: () => late, toolCalls: [{ name: 'create_task', arguments: { title: 'first' } }] };
    const quick = once({ toolCalls: [{ name: 'create_task', arguments: { title: 'second' } }] });
    const model = acting({ task: slow, email: (request) => (request.messages.at(-1)!.role === 'tool' && free(), quick(request)) }, ['task', 'email'], false);
    const { response, frames } = await run(model);
    expect(frames.flatMap((frame) => (frame.type === 'action' ? [frame.agent] : []))).toEqual(['email', 'task']);
    expect(response.plan!.steps.map(({ params }) => (params['fields'] as { title: string }).title)).toEqual(['first', 'second']);
  });

  it('proposes once what two propose', async () => {
    const model = acting({ task: once(create('Call Bob')), email: once(create('Call Bob')) }, ['task', 'email'], false);
    expect((await run(model)).response.plan!.steps).toHaveLength(1);
  });

  it('goes on without an agent that fails, and tells the one who answers', async () => {
    const fail = () => ({ error: new AdiuvaError('model.bad_reply') });
    const model = acting({ task: fail, calendar: () => ({ text: 'Nothing on Monday.' }) }, ['task', 'calendar'], false);
    expect((await run(model)).response.response).toBe('synthesis says hello');
    expect(JSON.stringify(model.requests.at(-1)!.messages)).toContain('\\"state\\":\\"failed\\",\\"code\\":\\"model.bad_reply\\"');
  });

  it('fails with what all failed with', async () => {
    const fail = () => ({ error: new AdiuvaError('model.unavailable') });
    await expect(run(acting({ task: fail, calendar: fail }, ['task', 'calendar'], false))).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('gives the words of the agents where nobody can put them together', async () => {
    const model = acting({ synthesis: () => ({ error: new AdiuvaError('model.unavailable') }) }, ['task', 'calendar'], false);
    expect((await run(model)).response.response).toBe('task says hello\n\ncalendar says hello');
  });

  it('counts what all of them used', async () => {
    const { response } = await run(acting({}, ['task', 'calendar'], false));
    expect(response.usage).toEqual({ model: 'openai:test', inputTokens: 30, outputTokens: 3 });
  });

  it('shares one budget of tokens, and still answers', async () => {
    const endless = () => ({ toolCalls: [{ name: 'list_tasks', arguments: {} }], usage: { inputTokens: 60, outputTokens: 0 } });
    const model = acting({ task: endless }, ['task', 'calendar'], true);
    const { response, askers } = await run(model, { budget: { tokens: 100 } });
    expect(askers.filter((who) => who === 'task')).toHaveLength(2);
    expect(response.response).toBe('synthesis says hello');
  });

  it('ends at the deadline of the request, whoever is at work', async () => {
    const clock = manualClock(Date.parse('2026-11-20T08:00:00Z'));
    const model = acting({ task: () => ({ stall: true }), calendar: () => ({ stall: true }) }, ['task', 'calendar'], false);
    const request = { requestId: 'request-1', sessionId: 's', message: 'asdf qwer zxcv', executionMode: 'plan' as const, context };
    const frames = orchestrate(request, { model, prompts, watch, clock, random: seededRandom(2), budget: { ms: 1_000 } }, new AbortController().signal);
    const all = (async () => {
      for await (const _frame of frames);
    })();
    const failed = expect(all).rejects.toMatchObject({ code: 'model.timeout' });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_000);
    await failed;
    expect(clock.pending()).toBe(0);
  });

  it('ends when it is cancelled, and stops every model', async () => {
    const stop = new AbortController();
    const signals: AbortSignal[] = [];
    const stalled = ({ signal }: ModelRequest): ScriptedReply => {
      signals.push(signal!);
      if (signals.length === 2) setImmediate(() => stop.abort(new AdiuvaError('chat.cancelled')));
      return { stall: true };
    };
    await expect(run(acting({ task: stalled, calendar: stalled }, ['task', 'calendar'], false), { signal: stop.signal })).rejects.toMatchObject({
      code: 'chat.cancelled',
    });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is asked anew, once for all, where the chain has fallen back to the builtin assistant', async () => {
    const model = scriptedModel(({ schema }) => (schema ? { text: '{"agents":["task","calendar"],"confidence":1}' } : { text: 'builtin words' }), 'builtin');
    const chain = { ...model, id: 'openai:down,builtin' };
    const { response, askers } = await run(chain as ScriptedModel);
    expect([response.response, askers.filter((who) => who === 'task').length]).toEqual(['builtin words', 2]);
  });

  it('passes over names of agents that do not exist', async () => {
    expect((await run(acting({}, ['wizard', 'calendar'], false))).response.agents).toEqual(['calendar']);
    expect((await run(acting({}, ['wizard'], false))).response.agents).toEqual(['general']);
  });
});

describe('generators as one', () => {
  async function* counting(name: string, count: number, ended: string[], error?: Error): AsyncGenerator<string, string> {
    try {
      for (let i = 0; i < count; i++) yield `${name}${i}`;
      if (error) throw error;
      return name;
    } finally {
      ended.push(name);
    }
  }
  async function all(sources: AsyncGenerator<string, string>[]) {
    const seen: string[] = [];
    const both = merged(sources);
    for (let next = await both.next(); ; next = await both.next()) {
      if (next.done) return { seen, results: next.value };
      seen.push(next.value);
    }
  }

  it('give everything of each in its order, and what each returned', async () => {
    const { seen, results } = await all([counting('a', 3, []), counting('b', 2, []), counting('c', 0, [])]);
    expect([seen.filter((one) => one.startsWith('a')), seen.length, results]).toEqual([['a0', 'a1', 'a2'], 5, ['a', 'b', 'c']]);
    expect((await all([])).results).toEqual([]);
  });

  it('end together: at an error, and when the reader leaves', async () => {
    const ended: string[] = [];
    await expect(all([counting('a', 1, ended, new Error('no')), counting('b', 99, ended)])).rejects.toThrow('no');
    for await (const _one of merged([counting('c', 99, ended), counting('d', 99, ended)])) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });
});
