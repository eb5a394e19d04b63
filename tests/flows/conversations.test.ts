import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConversations, type Conversation } from '@adiuva/cloud/agents/conversations.suite.ts';
import { snapshot, testCloud, type TestCloud } from '@adiuva/cloud/cloud.suite.ts';
import type { Database } from '@adiuva/cloud/adapters/db/database.ts';
import { openPglite } from '@adiuva/cloud/adapters/db/pglite.ts';
import type { ChatResponse, ServerFrame } from '@adiuva/shared/contracts/chat.ts';
import { systemClock } from '@adiuva/shared/kit/clock.ts';
import { validatePlan } from '@adiuva/shared/contracts/plan.ts';
import { openCaller, startTalker, vendorEnv, type Caller, type Talker } from './conversations.peers.ts';

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
  let caller: Caller;
  beforeAll(async () => {
    cloud = await testCloud({ env: env(), sharedDb: db, clock: systemClock });
    caller = await openCaller(cloud);
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
