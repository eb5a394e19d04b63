import { useState } from 'react';
import type { PlanStep } from '@adiuva/shared/contracts/plan.ts';
import type { PlanView } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { isCode } from '../../words/problems.ts';
import { counted } from '../../words/numbers.ts';
import { upTo, withField, withoutStep } from './steps.ts';

export interface PlanActs {
  readonly busy: boolean;
  readonly error: unknown;
  approve(): void;
  reject(): void;
  setField(index: number, name: string, value: unknown): void;
  drop(index: number): void;
  /** Approves the steps up to this one and leaves out the rest. */
  runTo(index: number): void;
}

/** Everything a user can do to a proposed plan. One at a time; a failure stays on the card. */
export function usePlanActs(view: PlanView, onReplaced: (planId: string) => void): PlanActs {
  const { bridge, cache, announcer } = useApp();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const planId = view.plan.id;
  const steps = view.steps.map(({ step }) => step);

  const guarded = async (act: () => Promise<unknown>, said: string) => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await act();
      announcer.say(said);
    } catch (thrown) {
      setError(thrown);
      if (isCode(thrown, 'plan.changed', 'plan.decided')) cache.invalidate(['plans.get']);
    }
    setBusy(false);
  };
  const show = (next: PlanView) => cache.write('plans.get', { planId: next.plan.id }, next);
  const replace = async (next: readonly PlanStep[]) => {
    const replaced = await bridge.call('plans.edit', { planId, hash: view.hash, steps: [...next] });
    show(replaced);
    onReplaced(replaced.plan.id);
    return replaced;
  };
  const edit = (next: readonly PlanStep[], said: string) => guarded(() => replace(next), said);
  const approve = async (shown: PlanView) => {
    await bridge.call('plans.approve', { planId: shown.plan.id, hash: shown.hash });
    cache.invalidate(['plans.get', 'plans.run']);
  };

  return {
    busy,
    error,
    approve: () => void guarded(() => approve(view), `Approved. ${counted(view.writes, 'write')} done. Undo is on the card.`),
    reject: () => void guarded(async () => show(await bridge.call('plans.reject', { planId })), 'Rejected. Nothing was written.'),
    setField: (index, name, value) =>
      void edit(
        steps.map((step, at) => (at === index ? withField(step, name, value) : step)),
        'The plan was changed. Nothing is written yet.',
      ),
    drop: (index) => {
      const rest = withoutStep(steps, index);
      if (rest) void edit(rest, 'The step was dropped. Nothing is written yet.');
    },
    runTo: (index) =>
      void guarded(
        async () => approve(await replace(upTo(steps, index))),
        `Approved up to step ${index + 1}. The later steps were left out. Undo is on the card.`,
      ),
  };
}
