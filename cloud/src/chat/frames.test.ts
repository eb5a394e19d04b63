import { expect, it } from 'vitest';
import { declared, type FrameBody } from './frames.ts';

const step = { action: 'create_record', params: { type: 'task', fields: { title: 'Tea' } }, explain: 'asked' } as const;
const plan = { id: 'p', version: 1, title: 'Tea', steps: [step], createdAt: '2026-11-20T08:00:00Z', expiresAt: '2026-11-27T08:00:00Z' } as const;
const usage = { model: 'm', inputTokens: 1, outputTokens: 2 };
const response = { requestId: 'r', sessionId: 's', agents: ['task'], response: 'ok', actions: [step], plan: null, usage } as const;
const bodies = [
  { type: 'start', agents: ['task'], model: 'm' },
  { type: 'thinking', agent: 'task', text: 'x' },
  { type: 'action', agent: 'task', name: 'n', summary: 'x' },
  { type: 'token', text: 'x' },
  { type: 'plan', plan },
  { type: 'final', response },
  { type: 'error', problem: { type: 't', title: 't', status: 500, code: 'internal' } },
] as unknown as FrameBody[];

it.each(bodies.map((body) => [body.type, body] as const))('a frame %s leaves with its declared fields alone', (_type, body) => {
  expect(declared(body)).toEqual(body);
  expect(declared({ ...body, prompt: 'secret' } as never)).toEqual(body);
});

it('so do the objects in it, and one that does not fit does not leave', () => {
  expect(declared({ type: 'final', response: { ...response, prompt: 'secret', usage: { ...usage, raw: 'secret' } } } as never)).toEqual({
    type: 'final',
    response,
  });
  expect(() => declared({ type: 'final', response: { ...response, actions: [{ ...step, prompt: 'secret' }] } } as never)).toThrow('prompt');
  expect(() => declared({ type: 'thinking', agent: 'nobody', text: 'x' } as never)).toThrow('agent');
});
