import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatContext } from '../contracts/chat.ts';
import { manualClock } from '../kit/clock.ts';
import { builtinModel } from './builtin.ts';
import { modelSuite, suiteTools } from './model.suite.ts';

const clock = manualClock(Date.parse('2026-11-20T09:00:00Z'));
const model = builtinModel(clock);

modelSuite('builtin', () => Promise.resolve({ model }));

const context = chatContext.parse({
  userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' },
  recentTasks: [{ id: 't1', fields: { title: 'Send the invoice', status: 'open' } }],
});
const turn = (message: string) => ({
  messages: [{ role: 'user' as const, content: message }],
  turn: { agent: 'task' as const, message, context },
  tools: suiteTools,
});

describe('builtin', () => {
  it('names verb and type, the fields flat beside id and reason', async () => {
    const { toolCalls, text } = await model.complete(turn('Mark the invoice as done'));
    expect([text, toolCalls]).toEqual([
      '',
      [{ id: 'builtin_1', name: 'update_task', arguments: { id: 't1', status: 'done', explain: expect.stringMatching(/\S/) } }],
    ]);
  });

  it('answers without tools in words alone', async () => {
    const { toolCalls, text } = await model.complete({ messages: turn('x').messages, turn: turn('Remind me to call Bob tomorrow').turn });
    expect([toolCalls, text]).toEqual([[], expect.stringContaining('Call Bob')]);
  });

  it('does not say that it is on the device', async () => {
    const { text } = await model.complete({ messages: [{ role: 'user', content: 'who is the president of France' }] });
    expect(text).toContain('what I can do without a language model');
    expect(text).not.toMatch(/offline|this device/);
  });

  it('needs no turn: the last words of the user, at the time of its clock', async () => {
    const { text } = await model.complete({ messages: [{ role: 'user', content: 'Remind me to call Bob tomorrow at 10:00' }] });
    expect(text).toContain('21 Nov');
  });

  it('tells which step could not be prepared', async () => {
    const request = turn('Mark the invoice as done');
    const calls = await model.complete(request);
    const results = [
      { role: 'assistant' as const, content: '', toolCalls: calls.toolCalls },
      { role: 'tool' as const, callId: 'builtin_1', name: 'update_task', content: '{"error":"no such task"}' },
    ];
    const { text } = await model.complete({ ...request, messages: [...request.messages, ...results] });
    expect(text).toContain('One step could not be prepared: no such task.');
  });

  it('refuses a shape it knows nothing about', async () => {
    await expect(model.complete({ ...turn('x'), schema: { name: 'poem', shape: z.object({ lines: z.array(z.string()) }) } })).rejects.toMatchObject({
      code: 'model.refused',
    });
  });

  it('says the same every time', async () => {
    const request = turn('Remind me to water the plants every Monday');
    expect(await model.complete(request)).toEqual(await model.complete(request));
  });
});
