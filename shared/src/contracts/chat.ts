import { z } from 'zod';
import { problem } from './problem.ts';
import { executionPlan, planStep } from './plan.ts';

/** Sizes of a chat request, in characters unless said otherwise. A body may be larger than a context may, so that one that is too large is told so by name. */
export const chatLimits = {
  message: 32_000,
  contextBytes: 1024 * 1024,
  bodyBytes: 6 * 1024 * 1024,
  items: 200,
  excerpt: 20_000,
  history: 60,
  runKeptMs: 15 * 60_000,
} as const;

export const agentName = z.enum(['task', 'calendar', 'email', 'analytics', 'general']);
export type AgentName = z.infer<typeof agentName>;

/** Ids of requests and sessions: bounded charset and length, because they travel in URLs and logs. */
export const requestId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'must be 8 to 64 of A-Z a-z 0-9 _ -');

export const provenance = z.enum(['user', 'untrusted']);
export type Provenance = z.infer<typeof provenance>;

const contextRecord = z.object({ id: z.string().max(100), provenance: provenance.default('user'), fields: z.record(z.string(), z.unknown()) });
export type ContextRecord = z.infer<typeof contextRecord>;

export const chatContext = z.strictObject({
  userProfile: z.strictObject({
    displayName: z.string().max(200).optional(),
    timeZone: z.string().max(100),
    locale: z.string().max(35),
    now: z.iso.datetime({ offset: true }),
  }),
  relevantDocuments: z
    .array(
      z.strictObject({
        id: z.string().max(100),
        collection: z.string().max(100),
        title: z.string().max(2_000),
        excerpt: z.string().max(chatLimits.excerpt),
        provenance,
      }),
    )
    .max(chatLimits.items)
    .default([]),
  recentTasks: z.array(contextRecord).max(chatLimits.items).default([]),
  upcomingEvents: z.array(contextRecord).max(chatLimits.items).default([]),
  emailMetadata: z.array(contextRecord).max(chatLimits.items).default([]),
  metrics: z.record(z.string(), z.unknown()).optional(),
  conversationHistory: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().max(chatLimits.message * 2) }))
    .max(chatLimits.history)
    .default([]),
});
export type ChatContext = z.infer<typeof chatContext>;

export const executionMode = z.enum(['direct', 'plan']);

export const chatRequest = z.strictObject({
  requestId: requestId.optional(),
  sessionId: requestId.optional(),
  message: z.string().max(chatLimits.message, 'must have at most 32,000 characters'),
  executionMode,
  context: chatContext,
});
export type ChatRequest = z.infer<typeof chatRequest>;

export const usage = z.object({ model: z.string(), inputTokens: z.int().nonnegative(), outputTokens: z.int().nonnegative() });
export type Usage = z.infer<typeof usage>;

export const chatResponse = z.object({
  requestId: z.string(),
  sessionId: z.string(),
  agents: z.array(agentName),
  response: z.string(),
  actions: z.array(planStep),
  plan: executionPlan.nullable(),
  usage,
});
export type ChatResponse = z.infer<typeof chatResponse>;

const frameHead = { seq: z.int().positive(), requestId: z.string() };

/** What the server sends of a run, `seq` from 1 without gaps; `final` or `error` is the last. `ping` repeats the last `seq` and counts for nothing. */
export const serverFrame = z.discriminatedUnion('type', [
  z.object({ ...frameHead, type: z.literal('start'), agents: z.array(agentName), model: z.string() }),
  z.object({ ...frameHead, type: z.literal('thinking'), agent: agentName, text: z.string() }),
  z.object({ ...frameHead, type: z.literal('action'), agent: agentName, name: z.string(), summary: z.string() }),
  z.object({ ...frameHead, type: z.literal('token'), text: z.string() }),
  z.object({ ...frameHead, type: z.literal('plan'), plan: executionPlan }),
  z.object({ ...frameHead, type: z.literal('final'), response: chatResponse }),
  z.object({ ...frameHead, type: z.literal('error'), problem }),
  z.object({ seq: z.int().nonnegative(), requestId: z.string(), type: z.literal('ping') }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/** What a client may send on the socket; the access token here or on the upgrade, never in the URL. */
export const clientFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('request'), request: chatRequest, token: z.string().max(4_096).optional() }),
  z.strictObject({ type: z.literal('cancel'), requestId }),
  z.strictObject({ type: z.literal('resume'), requestId, afterSeq: z.int().nonnegative(), token: z.string().max(4_096).optional() }),
  z.strictObject({ type: z.literal('pong') }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** `GET /chat/runs/:requestId`. */
export const runState = z.object({
  requestId: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  lastSeq: z.int().nonnegative(),
  text: z.string(),
  response: chatResponse.nullable(),
  problem: problem.nullable(),
});
export type RunState = z.infer<typeof runState>;
