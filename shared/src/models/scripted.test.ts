import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '../contracts/errors.ts';
import type { ModelRequest } from './model.ts';
import { modelSuite, suiteTalk } from './model.suite.ts';
import { scriptedModel, type ScriptedReply } from './scripted.ts';

/** Plays a model that knows the suite's two sentences. */
function known({ messages, schema, tools }: ModelRequest): ScriptedReply {
  const last = messages.at(-1)!;
  if (schema) return { text: '{"agents":["task"],"confidence":0.9}' };
  if (last.role === 'tool') return { text: 'I prepared it.' };
  if (tools && last.content !== suiteTalk) return { toolCalls: [{ name: 'create_task', arguments: { title: 'send the invoice to Marta' } }] };
  return { text: ['You ', 'are ', 'welcome 👋🏽'] };
}

modelSuite('scripted', () => Promise.resolve({ model: scriptedModel(known) }));

describe('a script', () => {
  const request: ModelRequest = { messages: [{ role: 'user', content: 'x' }] };

  it('answers in order, remembers what it was asked, and refuses at its end', async () => {
    const model = scriptedModel([{ text: 'one' }, { text: 'two' }]);
    expect([(await model.complete(request)).text, (await model.complete(request)).text]).toEqual(['one', 'two']);
    await expect(model.complete(request)).rejects.toMatchObject({ code: 'model.refused', detail: 'the script ends after 2 replies' });
    expect(model.requests).toHaveLength(3);
  });

  it('fails after its pieces, or stalls until it is aborted', async () => {
    const error = new AdiuvaError('model.unavailable');
    await expect(scriptedModel([{ text: 'half', error }]).complete(request)).rejects.toBe(error);
    const stop = new AbortController();
    const stalled = scriptedModel([{ stall: true }]).complete({ ...request, signal: stop.signal });
    stop.abort(new Error('waited enough'));
    await expect(stalled).rejects.toThrow('waited enough');
  });
});
