import { useEffect, useMemo, useState } from 'react';
import type { PlaybookResult, Today } from '../../../bridge/shapes.ts';
import { useApp } from '../../app-context.ts';
import { useAct, useHere, useQuery } from '../../data/hooks.ts';
import type { Here } from '../../words/dates.ts';
import { civilFrom, civilOf, dateText } from '../../words/zone.ts';
import { briefOf, type BriefSection } from './brief.ts';

export interface Brief {
  /** A few sentences: the cloud's words, else those made here by rule. */
  readonly lead: readonly BriefSection[];
  /** Everything that the playbook found. */
  readonly parts: readonly BriefSection[];
  /** ISO 8601. */
  readonly madeAt: string;
  readonly by: 'device' | 'cloud';
  /** The cloud's part is on its way. */
  readonly waits: boolean;
}

/** The playbook that makes the brief, where this device has it and may run it. */
const playbookId = 'daily-brief';

function useRunnable(): boolean {
  const { data } = useQuery('playbooks.list', undefined);
  return data?.playbooks.some(({ id, locked }) => id === playbookId && locked === null) ?? false;
}

const isOfToday = ({ createdAt }: PlaybookResult, { now, zone }: Here) => {
  const made = civilFrom(createdAt, zone);
  return made !== null && dateText(made) === dateText(civilOf(now, zone));
};

const wordsOfCloud = ({ from, text }: BriefSection) => from === 'cloud' && text !== null;

/** What is shown of a result: the words of the cloud stand in the place of those made here. */
function briefFrom(result: PlaybookResult | null, byRule: readonly BriefSection[], now: string): Brief {
  const sections = result?.sections ?? [];
  const words = sections.filter(wordsOfCloud);
  return {
    lead: words.length > 0 ? words : byRule,
    parts: sections.filter((section) => !wordsOfCloud(section)),
    madeAt: result?.createdAt ?? now,
    by: words.length > 0 ? 'cloud' : 'device',
    waits: result?.cloud === 'queued',
  };
}

/** What the playbook says of the records as they are, done on this device: nothing is sent and nothing is kept. */
function useLookHere(runnable: boolean, today: Today | undefined): PlaybookResult | null {
  const { bridge } = useApp();
  const [made, setMade] = useState<PlaybookResult | null>(null);
  useEffect(() => {
    if (!runnable || !today) return;
    const call = new AbortController();
    bridge.call('playbooks.run', { id: playbookId, here: true }, { signal: call.signal }).then(setMade, () => call.signal.aborted || setMade(null));
    return () => call.abort();
  }, [bridge, runnable, today]);
  return runnable ? made : null;
}

/** The brief of today: the one that was asked of the cloud today, else made here. It follows the list of today and never holds it up. */
export function useBrief(today: Today | undefined): { brief: Brief | null; busy: boolean; refresh: () => void } {
  const { bridge, cache, clock } = useApp();
  const here = useHere();
  const act = useAct();
  const [busy, setBusy] = useState(false);
  const runnable = useRunnable();
  const asked = useQuery('playbooks.results', runnable ? { id: playbookId, limit: 1 } : null).data?.results[0];
  const found = useLookHere(runnable, today);
  const current = asked && isOfToday(asked, here) && (asked.cloud === 'done' || asked.cloud === 'queued') ? asked : found;
  const brief = useMemo(() => {
    const now = clock.now();
    return today ? briefFrom(current, briefOf(today, { now, zone: here.zone }), new Date(now).toISOString()) : null;
  }, [today, current, clock, here.zone]);
  const refresh = async () => {
    setBusy(true);
    if (runnable) await act(() => bridge.call('playbooks.run', { id: playbookId }));
    cache.invalidate(['today.get', 'playbooks.results']);
    setBusy(false);
  };
  return { brief, busy, refresh: () => void refresh() };
}
