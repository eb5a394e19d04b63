import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConversations, type Conversation } from '@adiuva/cloud/agents/conversations.suite.ts';
import { snapshot, testCloud, type TestCloud } from '@adiuva/cloud/cloud.suite.ts';
import type { Database } from '@adiuva/cloud/adapters/db/database.ts';
import { openPglite } from '@adiuva/cloud/adapters/db/pglite.ts';
import { chatResponse, serverFrame, type ChatResponse, type ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { validatePlan } from '@adiuva/shared/contracts/plan.ts';
import { startTalker, vendorEnv, type Talker } from './conversations.peers.ts';

/** The same conversations through the whole cloud, with every kind of model behind it, on every way an answer can come. */

const conversations = readConversations();
let current = conversations[0]!;
let mock: Talker;
let db: Database;
beforeAll(async () => {
  [mock, db] = await Promise.all([startTalker(() => current), openPglite({ snapshot })]);
});
afterAll(async () => {
  await mock.stop();
  await db.close();
});

const clouds: [string, () => Record<string, string>][] = [
  ['builtin', () => ({})],
  ...Object.entries(vendorEnv).map(([name, env]): [string, () => Record<string, string>] => [name, () => env(mock.url)]),
];

/** A signed-in caller of one cloud, and the ways to ask it. */
async function callerOf(cloud: TestCloud) {
  await cloud.app.listen({ host: '127.0.0.1', port: 0 });
  const { accessToken } = await cloud.register();
  const url = `http://127.0.0.1:${(cloud.app.server.address() as AddressInfo).port}/api/v1/chat`;
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' };
  const post = async (body: object, accept: string) => {
    const answer = await fetch(url, { method: 'POST', headers: { ...headers, accept }, body: JSON.stringify(body) });
    const text = await answer.text();
    expect([answer.status, text.slice(0, 300)]).toEqual([200, expect.anything()]);
    return text;
  };
  return {
    whole: async (body: object) => chatResponse.parse(JSON.parse(await post(body, 'application/json'))),
    events: async (body: object) =>
      [...(await post(body, 'text/event-stream')).matchAll(/^data: (.*)$/gm)].map(([, data]) => serverFrame.parse(JSON.parse(data!))),
    socket: (body: object) => framesBySocket(`${url.replace('http', 'ws')}/stream`, { type: 'request', request: body, token: accessToken }),
  };
}

function framesBySocket(url: string, message: object): Promise<ServerFrame[]> {
  const socket = new WebSocket(url);
  const frames: ServerFrame[] = [];
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send(JSON.stringify(message)));
    socket.addEventListener('close', () => reject(new Error('closed before the end')));
    socket.addEventListener('error', () => reject(new Error('no connection')));
    socket.addEventListener('message', ({ data }) => {
      const frame = serverFrame.parse(JSON.parse(String(data)));
      if (frame.type !== 'ping') frames.push(frame);
      if (frame.type !== 'final' && frame.type !== 'error') return;
      resolve(frames);
      socket.close();
    });
  });
}

const asked = ({ message, context }: Conversation, executionMode: 'plan' | 'direct') => ({ message, context, executionMode });

/** What an answer proposes: the steps of its plan, which must hold, or its actions. */
const stepsOf = ({ plan, actions }: ChatResponse) => (plan ? validatePlan(plan).steps : actions).map(({ explain: _explain, ...step }) => step);

function finalOf(frames: readonly ServerFrame[]): ChatResponse {
  const final = frames.at(-1)!;
  if (final.type !== 'final') throw new Error(JSON.stringify(final));
  expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
  expect(frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('')).toBe(final.response.response);
  return final.response;
}

describe.each(clouds)('conversations with %s', (name, env) => {
  let cloud: TestCloud;
  let caller: Awaited<ReturnType<typeof callerOf>>;
  beforeAll(async () => {
    cloud = await testCloud({ env: env(), sharedDb: db });
    caller = await callerOf(cloud);
  });
  afterAll(() => cloud.close());

  it.each(conversations.map((conversation, index) => [conversation.message.slice(0, 80), conversation, index] as const))(
    '%s',
    async (_message, conversation, index) => {
      current = conversation;
      const streamed = index % 2 === 0 ? caller.socket : caller.events;
      const answers = [await caller.whole(asked(conversation, 'plan')), finalOf(await streamed(asked(conversation, 'direct')))];
      for (const answer of answers) {
        expect(new Set(answer.agents)).toEqual(new Set(conversation.agents));
        expect(stepsOf(answer)).toEqual(conversation.steps);
        expect(answer.response).toMatch(/\S/);
        if (name === 'builtin') for (const part of conversation.says) expect(answer.response).toContain(part);
      }
      if (name !== 'builtin') expect(answers[1]!.usage.model).toContain(name);
    },
  );
});
