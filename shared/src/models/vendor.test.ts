import { describe, expect, it } from 'vitest';
import { AdiuvaError } from '../contracts/errors.ts';
import { vendorModel, type Chat, type Vendor, type VendorOptions } from './vendor.ts';
import type { Piece } from './whole.ts';

const request = { messages: [{ role: 'user' as const, content: 'hello' }] };
const options: VendorOptions = { name: 'm', apiKey: 'k', fetch: () => Promise.reject(new TypeError('fetch failed')) };

/** A vendor whose library does what `chat` says. */
const vendorOf = (chat: Chat, more: Partial<Vendor> = {}): Vendor => ({
  provider: 'some',
  vendorUrl: 'http://vendor.test/v1',
  probe: '/',
  headers: () => ({}),
  load: () => Promise.resolve(chat),
  finish: ({ generationInfo }) => generationInfo?.['end'] as string | undefined,
  ...more,
});

const said = (pieces: readonly object[], more: Partial<Vendor> = {}) =>
  vendorModel(
    vendorOf(async function* () {
      for (const piece of pieces) yield { message: { content: '', ...piece }, generationInfo: piece } as unknown as Piece;
    }, more),
    options,
  ).complete(request);

describe('a vendor behind its library', () => {
  it.each([
    ['cannot be loaded', vendorOf(undefined as never, { load: () => Promise.reject(new Error('no such package')) })],
    ['takes no such request', vendorOf(() => Promise.reject(new Error('secret words')))],
  ])('that %s refuses for good', async (_name, vendor) => {
    const thrown: unknown = await vendorModel(vendor, options)
      .complete(request)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'model.refused', detail: 'the request cannot be put to this provider' });
  });

  it.each([
    ['its own errors', new AdiuvaError('model.timeout'), 'model.timeout'],
    ['half JSON', new SyntaxError('Unexpected end'), 'model.bad_reply'],
    ['a form that does not fit', new TypeError('x is undefined'), 'model.bad_reply'],
    ['a schema that does not fit', Object.assign(new Error('x'), { name: 'ResponseValidationError' }), 'model.bad_reply'],
    ['a prompt that is too long', Object.assign(new Error('x'), { name: 'ContextOverflowError' }), 'model.refused'],
    ['anything else', 'a string', 'model.unavailable'],
  ])('that throws %s after it asked', async (_name, error, code) => {
    const chat: Chat = async ({ send }) => {
      await send('http://vendor.test/v1/chat');
      throw error;
    };
    const fetch = () => Promise.resolve(Response.json({}));
    await expect(vendorModel(vendorOf(chat), { ...options, fetch }).complete(request)).rejects.toMatchObject({ code });
  });

  it.each(['http://vendor.test.evil.org/v1/chat', 'http://vendor.test/v2', 'http://evil.org/', 'http://vendor.test/v1evil'])(
    'may not ask another address: %s',
    async (url) => {
      let asked = 0;
      const chat: Chat = async ({ send }) => {
        await send(url);
        throw new Error('sent');
      };
      const fetch = () => (asked++, Promise.resolve(Response.json({})));
      await expect(vendorModel(vendorOf(chat), { ...options, fetch }).complete(request)).rejects.toMatchObject({
        code: 'model.refused',
        detail: 'the library asked another address',
      });
      expect(asked).toBe(0);
    },
  );

  it('joins the pieces of calls by place and name', async () => {
    const call = (index: number | undefined, id?: string, name?: string, args?: string) => ({ tool_call_chunks: [{ index, id, name, args }] });
    const { toolCalls } = await said([
      call(0, 'a', 'one', '{"x"'),
      call(1, 'b', 'two', ''),
      call(0, undefined, undefined, ':1}'),
      call(1, undefined, '', '{}'),
      // The same place again, under another name of the call: some servers number none of them.
      call(0, 'c', 'three', '{"y":2}'),
      call(0, 'c', 'three', ''),
      { end: 'stop' },
    ]);
    expect(toolCalls).toEqual([
      { id: 'a', name: 'one', arguments: { x: 1 } },
      { id: 'b', name: 'two', arguments: {} },
      { id: 'c', name: 'three', arguments: { y: 2 } },
    ]);
  });

  it('shows that it works with every piece, also with those that say nothing', async () => {
    let signs = 0;
    const chat: Chat = async function* () {
      for (const piece of [{ tool_call_chunks: [{ index: 0, id: 'a', name: 'one', args: '{}' }] }, {}, {}])
        yield { message: { content: '', ...piece }, generationInfo: { end: 'stop' } } as unknown as Piece;
    };
    await vendorModel(vendorOf(chat), options).complete({ ...request, alive: () => signs++ });
    expect(signs).toBe(3);
  });

  it('counts the largest of what it says, or the sum of its parts', async () => {
    const pieces = [{ usage_metadata: { input_tokens: 20, output_tokens: 1 } }, { usage_metadata: { input_tokens: 0, output_tokens: 4 } }, { end: 'stop' }];
    expect((await said(pieces)).usage).toEqual({ model: 'some:m', inputTokens: 20, outputTokens: 4 });
    expect((await said(pieces, { usage: 'parts' })).usage).toEqual({ model: 'some:m', inputTokens: 20, outputTokens: 5 });
  });

  it('has not answered until it says why it ended, and keeps what it withheld', async () => {
    await expect(said([{ content: 'half' }])).rejects.toMatchObject({ code: 'model.unavailable', detail: 'the stream broke off' });
    await expect(said([{ end: 'SAFETY' }])).rejects.toMatchObject({ code: 'model.refused', detail: 'the provider withholds the answer' });
    await expect(said([{ end: 'MALFORMED_FUNCTION_CALL' }])).rejects.toMatchObject({ code: 'model.bad_reply' });
    expect((await said([{ content: 'as far as it goes' }, { end: 'content_filter' }])).text).toBe('as far as it goes');
  });
});
