import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import type { InputOf } from '../../bridge/procedures.ts';
import { useApp } from '../app-context.ts';
import { type Entry, keyOf, type QueryCache } from './cache.ts';

type Filter = Omit<InputOf<'records.list'>, 'after' | 'limit'>;

export interface RecordPages {
  readonly records: readonly StoredRecord[];
  readonly loaded: boolean;
  readonly error: unknown;
  readonly more: boolean;
  loadMore(): void;
  retry(): void;
}

const pageSize = 500;

/** Records of one kind, page after page, each page kept true by events. */
export function useRecords(filter: Filter): RecordPages {
  const { cache } = useApp();
  const key = keyOf('records.list', filter);
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  useEffect(() => setCursors([null]), [key]);
  const inputs = useMemo(
    () => cursors.map((after) => ({ ...(JSON.parse(key.slice('records.list '.length)) as Filter), limit: pageSize, ...(after !== null && { after }) })),
    [cursors, key],
  );
  const pages = useEntries(inputs);
  const next = pages.at(-1)?.data?.next ?? null;
  const error = pages.find((page) => page.error)?.error ?? null;
  const records = useMemo(() => unique(pages.flatMap((page) => page.data?.records ?? [])), [pages]);
  const loadMore = useCallback(() => next !== null && setCursors((known) => (known.includes(next) ? known : [...known, next])), [next]);
  return {
    records,
    loaded: pages[0]?.data !== undefined,
    error,
    more: next !== null,
    loadMore: () => void loadMore(),
    retry: () => cache.invalidate(['records.list']),
  };
}

type Pages = readonly Entry<{ records: StoredRecord[]; next: string | null }>[];

/** Watches several pages; the same array as long as none of them changed. */
function useEntries(inputs: readonly InputOf<'records.list'>[]): Pages {
  const { cache } = useApp();
  const store = useMemo(() => pagesOf(cache, inputs), [cache, inputs]);
  return useSyncExternalStore(store.subscribe, store.snapshot);
}

function pagesOf(cache: QueryCache, inputs: readonly InputOf<'records.list'>[]) {
  let shown: Pages = [];
  return {
    subscribe: (listener: () => void) => {
      const stops = inputs.map((input) => cache.subscribe('records.list', input, listener));
      return () => stops.forEach((stop) => stop());
    },
    snapshot: () => {
      const now = inputs.map((input) => cache.entry('records.list', input));
      if (now.length !== shown.length || now.some((entry, index) => entry !== shown[index])) shown = now;
      return shown;
    },
  };
}

/** A record that moved between two pages while they were read is shown once. */
function unique(records: readonly StoredRecord[]): StoredRecord[] {
  return [...new Map(records.map((record) => [record.id, record])).values()];
}
