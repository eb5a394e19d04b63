import { describe, expect, it } from 'vitest';
import { completionEvents } from './completions.ts';

const event = (delta: object, more: object = {}) => ({ id: 'c', choices: [{ index: 0, delta, finish_reason: null, ...more }] });
const line = (value: unknown, end = '\n\n') => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}${end}`;

/** The events of an answer that arrives in these pieces. */
async function eventsOf(pieces: readonly (string | Uint8Array)[]): Promise<unknown[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      controller.close();
    },
  });
  const asked = { name: 'm', baseUrl: 'http://127.0.0.1/v1', messages: [], send: async () => new Response(body) };
  const events: unknown[] = [];
  for await (const each of await completionEvents(asked, {})) events.push(each);
  return events;
}

describe('the events of a streamed completion', () => {
  it('are one for words that arrived together, and one each for words that did not', async () => {
    const [a, b, c] = [event({ role: 'assistant', content: 'One ' }), event({ content: 'two ' }), event({ content: 'three' })].map((each) => line(each));
    expect(await eventsOf([a! + b!, c!])).toEqual([event({ role: 'assistant', content: 'One two ' }), event({ content: 'three' })]);
  });

  it('stay apart where one brings more than words', async () => {
    const events = [
      event({ content: 'a' }),
      event({ content: null, tool_calls: [{ index: 0, id: 'x', function: { name: 'f', arguments: '{' } }] }),
      event({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }),
      event({ content: 'b' }),
      event({ content: '', refusal: 'no' }),
      event({ content: 'c' }, { logprobs: { content: [] } }),
      event({ content: 'd' }),
      event({ content: 'e' }, { index: 1 }),
      event({}, { finish_reason: 'stop' }),
      { id: 'c', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
    ];
    expect(await eventsOf([events.map((each) => line(each)).join('')])).toEqual(events);
  });

  it('are the same wherever the bytes are cut, and with any end of line', async () => {
    const words = ['Grüße ', '👋🏽 ', 'und ', '日本'];
    const bytes = new TextEncoder().encode(`: hello\r\n\r\n${words.map((content) => line(event({ content }), '\r\n\r\n')).join('')}${line('[DONE]')}ignored`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const events = (await eventsOf([bytes.subarray(0, cut), bytes.subarray(cut)])) as { choices: [{ delta: { content: string } }] }[];
      expect([cut, events.map(({ choices }) => choices[0].delta.content).join('')]).toEqual([cut, words.join('')]);
    }
  });

  it('end with the stream when nothing says so, the last one too', async () => {
    expect(await eventsOf([line(event({ content: 'a' }), '')])).toEqual([event({ content: 'a' })]);
    expect(await eventsOf([''])).toEqual([]);
  });

  it('fail at an error in the place of an event, and at what is no JSON', async () => {
    await expect(eventsOf([line({ error: { message: 'my prompt' } })])).rejects.toThrow('an error came in the place of an event');
    await expect(eventsOf([line('{"a":')])).rejects.toThrow(SyntaxError);
  });
});
