import { ListTodo } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useNarrow, useSettings, useZone } from '../../data/hooks.ts';
import { type RecordPages, useRecords } from '../../data/use-records.ts';
import { Segmented } from '../../ui/segmented.tsx';
import { Empty, ErrorNote, Skeleton } from '../../ui/states.tsx';
import { VirtualList } from '../../ui/virtual-list.tsx';
import { counted } from '../../words/numbers.ts';
import { knownZone } from '../../words/zone.ts';
import { ScreenHead } from '../shell/screen-head.tsx';
import { inOrder } from './order.ts';
import { QuickCapture } from './quick-capture.tsx';
import { TaskRow } from './task-row.tsx';

type Filter = 'open' | 'done' | 'all';

const filters = [
  { value: 'open', label: 'Open' },
  { value: 'done', label: 'Done' },
  { value: 'all', label: 'All' },
] as const;

const nothing: Readonly<Record<Filter, { title: string; text: string }>> = {
  open: { title: 'Nothing to do', text: 'Write a task in the line above, or ask for it in Chat. Parts like @friday 3pm, #tag and !high are understood.' },
  done: { title: 'Nothing done yet', text: 'Tasks you complete are kept here.' },
  all: { title: 'No tasks yet', text: 'Write the first one in the line above, or ask for it in Chat.' },
};

/** All tasks: one line to add, one press to complete. */
export function TasksScreen() {
  const [filter, setFilter] = useState<Filter>('open');
  const pages = useRecords({ type: 'task', ...(filter !== 'all' && { status: filter }) });
  const count = pages.loaded ? `${counted(pages.records.length, 'task')}${pages.more ? ' and more' : ''}` : '';
  return (
    <>
      <ScreenHead title="Tasks" note={count}>
        <Segmented label="Show" value={filter} choices={filters} onChange={setFilter} />
      </ScreenHead>
      <div className="tasks">
        <QuickCapture />
        <TaskList pages={pages} filter={filter} />
      </div>
    </>
  );
}

function TaskList({ pages, filter }: { pages: RecordPages; filter: Filter }) {
  const { appearance } = useSettings();
  const narrow = useNarrow();
  const rowHeight = narrow ? 61 : appearance.density === 'compact' ? 36 : 44;
  const zone = knownZone(useZone());
  const tasks = useMemo(() => inOrder(pages.records, zone), [pages.records, zone]);
  if (pages.error !== null && !pages.loaded) return <ErrorNote error={pages.error} onRetry={pages.retry} />;
  if (!pages.loaded) return <Skeleton lines={8} />;
  if (tasks.length === 0) {
    return (
      <Empty icon={ListTodo} title={nothing[filter].title}>
        {nothing[filter].text}
      </Empty>
    );
  }
  return (
    <>
      {pages.error !== null && <ErrorNote error={pages.error} onRetry={pages.retry} />}
      <VirtualList items={tasks} keyOf={(task) => task.id} rowHeight={rowHeight} label="Tasks" row={(task) => <TaskRow task={task} />} onEnd={pages.loadMore} />
    </>
  );
}
