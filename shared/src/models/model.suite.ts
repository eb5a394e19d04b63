import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chatContext } from '../contracts/chat.ts';
import type { Model, ModelEvent, ModelMessage, ModelReply, ModelRequest, ToolSpec } from './model.ts';

/** The sentence with work in it, which every subject must answer with one `create_task`; and one that asks for nothing but words. */
export const suiteTask = 'Remind me to send the invoice to Marta';
export const suiteTalk = 'Thank you, that is all — schönen Tag 👋🏽';

/** A model under test. `open` may start a server; `close` ends it. */
export interface Subject {
  readonly model: Model;
  close?(): Promise<void>;
}

const context = chatContext.parse({ userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } });

export const suiteTools: ToolSpec[] = [
  {
    name: 'create_task',
    description: 'Adds a task',
    parameters: z.strictObject({
      title: z.string(),
      priority: z.enum(['low', 'medium', 'high', 'urgent']).optional(),
      dueAt: z.string().nullable().optional(),
      explain: z.string().optional(),
    }),
  },
];

const classification = z.object({ agents: z.array(z.string()).min(1), confidence: z.number().min(0).max(1) });

const ask = (message: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [
    { role: 'system', content: 'You are an assistant.' },
    { role: 'user', content: message },
  ],
  turn: { agent: 'task', message, context },
  ...more,
});

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const textOf = (events: readonly ModelEvent[]) => events.map((event) => (event.type === 'text' ? event.text : '')).join('');
const replyOf = (events: readonly ModelEvent[]): ModelReply => {
  const last = events.at(-1);
  if (last?.type !== 'done') throw new Error('the stream does not end with "done"');
  return last.reply;
};

/** What every model keeps, whoever stands behind it. */
export function modelSuite(name: string, open: () => Promise<Subject>) {
  describe(`model port: ${name}`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close?.());

    it('streams pieces that join to the whole, which comes last and once', async () => {
      const events = await collect(subject.model.stream(ask(suiteTalk)));
      expect(events.filter((event) => event.type === 'done')).toHaveLength(1);
      expect(textOf(events)).toBe(replyOf(events).text);
      expect(replyOf(events)).toMatchObject({ text: expect.stringMatching(/\S/), toolCalls: [] });
    });

    it('gives the same text at once as in pieces', async () => {
      const streamed = replyOf(await collect(subject.model.stream(ask(suiteTalk))));
      expect((await subject.model.complete(ask(suiteTalk))).text).toBe(streamed.text);
    });

    it('counts what was used, under its own name', async () => {
      const { usage } = await subject.model.complete(ask(suiteTalk));
      expect(usage).toEqual({ model: subject.model.id, inputTokens: expect.any(Number), outputTokens: expect.any(Number) });
      expect(Math.min(usage.inputTokens, usage.outputTokens)).toBeGreaterThanOrEqual(0);
    });

    it('asks for a tool by name with arguments that fit it, streamed or not', async () => {
      const request = ask(suiteTask, { tools: suiteTools });
      const [whole, streamed] = [await subject.model.complete(request), replyOf(await collect(subject.model.stream(request)))];
      for (const { toolCalls } of [whole, streamed]) {
        expect(toolCalls.map((call) => call.name)).toEqual(['create_task']);
        expect(toolCalls[0]!.id).toMatch(/\S/);
        expect(suiteTools[0]!.parameters.parse(toolCalls[0]!.arguments)).toMatchObject({ title: expect.stringMatching(/invoice.*Marta/i) });
      }
      expect(whole.toolCalls[0]!.arguments).toEqual(streamed.toolCalls[0]!.arguments);
    });

    it('speaks once the result of its tool is in', async () => {
      const first = await subject.model.complete(ask(suiteTask, { tools: suiteTools }));
      const call = first.toolCalls[0]!;
      const results: ModelMessage[] = [
        { role: 'assistant', content: first.text, toolCalls: first.toolCalls },
        { role: 'tool', callId: call.id, name: call.name, content: '{"proposed":"create_task"}' },
      ];
      const request = ask(suiteTask, { tools: suiteTools });
      const second = await subject.model.complete({ ...request, messages: [...request.messages, ...results] });
      expect(second).toMatchObject({ text: expect.stringMatching(/\S/), toolCalls: [] });
    });

    it('answers in a shape when asked for one', async () => {
      const { text } = await subject.model.complete(ask(suiteTask, { schema: { name: 'classification', shape: classification } }));
      expect(classification.parse(JSON.parse(text)).agents).toContain('task');
    });

    it('refuses to start once aborted, with the reason given', async () => {
      const reason = new Error('not wanted any more');
      await expect(collect(subject.model.stream(ask(suiteTalk, { signal: AbortSignal.abort(reason) })))).rejects.toBe(reason);
      await expect(subject.model.complete(ask(suiteTalk, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    });

    it('stops in the middle when aborted, with the reason given', async () => {
      const stop = new AbortController();
      const reason = new Error('enough');
      const seen: ModelEvent[] = [];
      const reading = (async () => {
        for await (const event of subject.model.stream(ask(suiteTalk, { signal: stop.signal }))) {
          seen.push(event);
          stop.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(seen.map((event) => event.type)).toEqual(['text']);
    });
  });
}
