import { describe, expect, it } from 'vitest';
import type { AgentName } from '@adiuva/shared/contracts/chat.ts';
import { pipelineOf } from './pipeline.ts';

type Line = Parameters<typeof pipelineOf>[0]['activity'][number];
const sets = (agent: AgentName): Line => ({ agent, kind: 'thinking', text: `${agent} begins` });
const does = (agent: AgentName): Line => ({ agent, kind: 'action', text: `${agent} looked` });
const states = (activity: Line[], more: Partial<Parameters<typeof pipelineOf>[0]> = {}) =>
  pipelineOf({ agents: ['calendar', 'task'], activity, state: 'streaming', text: '', ...more }).map(({ agent, state }) => `${agent} ${state}`);

describe('the agents of an answer', () => {
  it('work one after another', () => {
    expect(states([])).toEqual(['calendar waiting', 'task waiting']);
    expect(states([sets('calendar')])).toEqual(['calendar working', 'task waiting']);
    expect(states([sets('calendar'), does('calendar'), sets('task')])).toEqual(['calendar done', 'task working']);
  });

  it('work at once where all set out first', () =>
    expect(states([sets('calendar'), sets('task'), does('task'), does('calendar')])).toEqual(['calendar working', 'task working']));

  it('are done when the answer begins, and one of them puts it together', () => {
    const all = [sets('calendar'), does('calendar'), sets('task'), does('task'), { ...sets('calendar'), text: 'Putting it together' }];
    expect(states(all)).toEqual(['calendar working', 'task done']);
    expect(states(all, { text: 'Your week' })).toEqual(['calendar done', 'task done']);
  });

  it('stop where the answer stops, and those not begun did not begin', () => {
    expect(states([sets('calendar')], { state: 'failed' })).toEqual(['calendar stopped', 'task waiting']);
    expect(states([sets('calendar')], { state: 'done' })).toEqual(['calendar done', 'task done']);
  });

  it('a single one works until the answer is there, also before it says what at', () =>
    expect(states([], { agents: ['task'], text: 'So' })).toEqual(['task working']));

  it('one that was asked by another is shown with its work', () =>
    expect(states([sets('task'), does('email')], { agents: ['task'] })).toEqual(['task working', 'email working']));
});
