import type { RequestListener } from 'node:http';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCloud, type TestCloud } from '@adiuva/cloud/cloud.suite.ts';
import type { ChatResponse, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { isErrorCode, type Problem } from '@adiuva/shared/contracts/errors.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { systemRandom } from '@adiuva/shared/kit/ids.ts';
import { silentLog } from '@adiuva/shared/kit/log.ts';
import { builtinModel } from '@adiuva/shared/models/builtin.ts';
import { fallbackChain } from '@adiuva/shared/models/chain.ts';
import type { Model, TimeLimits } from '@adiuva/shared/models/model.ts';
import { openCaller, type Caller } from '../flows/conversations.peers.ts';
import { begun, bodyOf, endless, modelAt, secret, serve, status, wordings, type Server, type VendorName } from '../flows/models.peers.ts';

/** What a vendor does wrong, as the user of the cloud sees it: a frame with a code of the table and, where another model stands behind it, an answer. */

const families = ['openai', 'anthropic', 'google', 'ollama', 'mistral'] as const satisfies readonly VendorName[];

/** The model behind the cloud, changed from test to test. */
let behind: Model;
const changing: Model = {
  get id() {
    return behind.id;
  },
  complete: (request) => behind.complete(request),
  stream: (request) => behind.stream(request),
};
let cloud: TestCloud;
let caller: Caller;
beforeAll(async () => {
  cloud = await testCloud({ models: changing });
  caller = await openCaller(cloud);
});
afterAll(() => cloud.close());

const message = 'Remind me to water the plants tomorrow at 9';
const context = { userProfile: { timeZone: 'Europe/Berlin', locale: 'en', now: '2026-11-20T09:00:00+01:00' } };
const request = { message, context, executionMode: 'plan' };

function chainAt(vendor: VendorName, url: string, fallback: boolean, limits: Partial<TimeLimits> = {}): Model {
  const models = [{ ...modelAt(vendor, url), limits }, ...(fallback ? [builtinModel(systemClock)] : [])];
  return fallbackChain(models, { clock: systemClock, random: systemRandom, log: silentLog, limits: { tries: 2, backoff: { base: 1, max: 2 } } });
}

const textOf = (frames: readonly ServerFrame[]) => frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');

/** The problem that ends an answer, which is the same however it is asked for, and tells nothing it should not. */
async function problemOf(way: 'events' | 'socket'): Promise<Problem> {
  const [frames, plain] = [await caller[way](request), await caller.plain(request)];
  const last = frames.at(-1)!;
  if (last.type !== 'error') throw new Error(`ended with ${last.type}`);
  const whole = plain.body as Problem;
  expect(plain.status).toBe(whole.status);
  for (const problem of [last.problem, whole]) {
    expect([problem.code, isErrorCode(problem.code)]).toEqual([whole.code, true]);
    expect(JSON.stringify(problem)).not.toMatch(new RegExp(`${secret}|secret words|node_modules|\\.ts:\\d`));
  }
  return whole;
}

async function answerOf(): Promise<ChatResponse> {
  const frames = await caller.events(request);
  const last = frames.at(-1)!;
  if (last.type !== 'final') throw new Error(JSON.stringify(last));
  expect(textOf(frames)).toBe(last.response.response);
  return last.response;
}

const wordy = JSON.stringify({ error: { message: 'overloaded: secret words of the prompt' } });
const inStream = (vendor: VendorName) => (vendor === 'ollama' ? `${wordy}\n` : `${vendor === 'anthropic' ? 'event: error\n' : ''}data: ${wordy}\n\n`);

type Fault = [what: string, listener: (vendor: VendorName) => RequestListener, code: string, limits?: Partial<TimeLimits>];
const faults: Fault[] = [
  ['429 with a time', () => status(429, { 'retry-after': '60' }), 'model.unavailable'],
  ['503', () => status(503), 'model.unavailable'],
  ['401', () => status(401), 'model.refused'],
  ['a page in HTML', () => status(200, { 'content-type': 'text/html' }, '<h1>secret words: sign in</h1>'), 'model.unavailable'],
  ['an error page in HTML', () => status(502, { 'content-type': 'text/html' }, '<h1>secret words</h1>'), 'model.unavailable'],
  ['the wrong type', () => status(200, { 'content-type': 'text/plain' }, 'secret words'), 'model.unavailable'],
  ['an empty body', (vendor) => (_request, response) => void response.writeHead(200, { 'content-type': wordings[vendor].type }).end(), 'model.unavailable'],
  [
    'a reset',
    () =>
      ({ socket }) =>
        void socket.destroy(),
    'model.unavailable',
  ],
  ['a reset in the middle', (vendor) => begun(vendor, (response) => response.destroy()), 'model.unavailable'],
  ['half of the stream', (vendor) => begun(vendor, (response) => response.end()), 'model.unavailable'],
  ['half JSON', (vendor) => begun(vendor, (response) => response.end(), wordings[vendor].text('secret words').slice(0, -12).concat('\n\n')), 'model.bad_reply'],
  ['bytes that are no UTF-8', (vendor) => begun(vendor, (r) => r.end(Buffer.from(wordings[vendor].text('\u00ff'), 'latin1'))), 'model.bad_reply'],
  ['a failure in the stream', (vendor) => begun(vendor, (response) => response.end(), inStream(vendor)), 'model.'],
  ['nothing at all', () => () => {}, 'model.timeout', { firstEventMs: 150 }],
  ['a stall in the middle', (vendor) => begun(vendor, () => {}), 'model.timeout', { firstEventMs: 20_000, idleMs: 150 }],
  ['signs of life without end', (vendor) => endless(wordings[vendor].type, vendor === 'ollama' ? '\n' : ': ping\n\n').listener, 'model.bad_reply'],
];

describe.each(families)('a vendor that speaks like %s and sends', (vendor) => {
  it.each(faults.map(([what, ...fault]) => [what, fault] as const))('%s', async (_what, [listener, code, limits]) => {
    const server = await serve(listener(vendor));
    behind = chainAt(vendor, server.url, false, limits);
    expect((await problemOf(families.indexOf(vendor) % 2 === 0 ? 'events' : 'socket')).code).toContain(code);
    behind = chainAt(vendor, server.url, true, limits);
    const { response, plan, usage } = await answerOf();
    await server.close();
    expect([usage.model, plan!.steps.map(({ action }) => action)]).toEqual([expect.stringContaining('builtin'), ['create_record']]);
    expect(response).toContain('Water the plants');
    expect(response.match(/broke off/g)?.length ?? 0).toBe(response.startsWith('half') ? 1 : 0);
  });

  it('a gigabyte of text: an answer that says where it was cut, in bounded memory', async () => {
    const { listener, written } = endless(wordings[vendor].type, wordings[vendor].text('word '.repeat(200)));
    const server = await serve(listener);
    behind = chainAt(vendor, server.url, false);
    const before = process.memoryUsage().rss;
    const { response } = await answerOf();
    await server.close();
    expect(response).toContain('this became too long');
    expect(written()).toBeLessThan(100 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });
});

describe('calls of tools that do not hold', () => {
  const bad = [
    { name: 'create_task', arguments: '{"title": "half' },
    { name: 'launch_rockets', arguments: '{}' },
    { name: 'delete_task', arguments: '{"id":"never-seen"}' },
    { name: 'create_task', arguments: '{"title":7,"colour":"red"}' },
    { name: 'create_task', arguments: '{"title":"x","dueAt":"the day after never"}' },
    { name: 'ask_agent', arguments: '{"agent":"wizard","question":"What now?"}' },
  ];
  const good = { name: 'create_task', arguments: '{"title":"Water the plants"}' };
  const said = 'One of these I could prepare.';

  interface Message {
    readonly role: string;
    readonly content?: unknown;
  }
  /** The conversation as the vendor saw it last. */
  let heard: readonly Message[] = [];
  /** Three of the protocols carry arguments as values: there the mock leaves out those that are no JSON. */
  const wrongs = [/expected object|title/, /there is no tool/, /no task with this id/, /colour/, /dueAt/, /there are task, calendar/];

  /** Mistral's SDK refuses the calls that the mock streams, so its own format is spoken here. */
  const mistral: RequestListener = async (received, response) => {
    const { messages } = (await bodyOf(received)) as { messages: Message[] };
    heard = messages;
    const chunk = (delta: object, reason: string | null) =>
      `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
    const calls = [...bad, good].map((call, index) => ({ id: `D681PevK${index}`, function: call, index }));
    const frames = messages.at(-1)!.role === 'tool' ? [chunk({ content: said }, 'stop')] : [chunk({ content: '', tool_calls: calls }, 'tool_calls')];
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${frames.join('')}data: [DONE]\n\n`);
  };
  const mocked = async (): Promise<Pick<Server, 'url' | 'close'>> => {
    const mock = new LLMock({ port: 0, host: '127.0.0.1' });
    mock.on({ hasToolResult: true }, ({ messages }) => {
      heard = messages;
      return { content: said };
    });
    mock.on({ predicate: () => true }, { toolCalls: [...bad, good] });
    await mock.start();
    return { url: mock.url, close: () => mock.stop() };
  };

  it.each(families)('are told to the model, and the rest stands: %s', async (vendor) => {
    const server = vendor === 'mistral' ? await serve(mistral) : await mocked();
    behind = chainAt(vendor, server.url, false);
    const { response, plan } = await answerOf();
    await server.close();
    expect(response).toBe(said);
    const told = heard.flatMap(({ role, content }) => (role === 'tool' ? [typeof content === 'string' ? content : JSON.stringify(content)] : []));
    expect(wrongs.filter((words, index) => !words.test(told[index] ?? ''))).toEqual([]);
    expect(plan!.steps.map(({ params }) => params)).toEqual([{ type: 'task', fields: { title: 'Water the plants' } }]);
  });
});
