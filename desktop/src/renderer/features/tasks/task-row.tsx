import { Check, Flag, Repeat, Trash2 } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useHere } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { IconButton } from '../../ui/button.tsx';
import { Visible } from '../../ui/visible.tsx';
import { briefText, isPast, whenText } from '../../words/dates.ts';
import { repeatText } from '../../words/fields.ts';
import { ProjectName } from '../records/projects.tsx';
import { isDone, listOf, nameOf, textOf, timeOf } from '../records/read.ts';
import { usePanels } from '../shell/panels.ts';
import './tasks.css';

/** One task: complete it, open it, see what matters. Space completes, Enter opens, Delete deletes with undo. */
export function TaskRow({ task }: { task: StoredRecord }) {
  const { inspected, inspect } = usePanels();
  const acts = useRecordActs();
  const done = isDone(task);
  const name = nameOf(task);
  const open = inspected?.kind === 'record' && inspected.id === task.id;
  const complete = () => void acts.update(task.id, { status: done ? 'open' : 'done' }, done ? 'Task open again.' : `“${name}” done.`);
  const remove = () => void acts.remove(task.id, `“${name}” deleted.`);
  const onKeyDown = (event: KeyboardEvent) => {
    const act = { ' ': complete, Delete: remove }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <div className="task" data-done={done} data-open={open}>
      <button
        type="button"
        role="checkbox"
        aria-checked={done}
        aria-label={`Done: ${name}`}
        className="check"
        data-priority={textOf(task, 'priority')}
        onClick={complete}
      >
        <Check size={13} strokeWidth={3} aria-hidden />
      </button>
      <button type="button" className="task-open" data-row-focus onClick={() => inspect({ kind: 'record', id: task.id })} onKeyDown={onKeyDown}>
        <span className="task-name cut">
          <Visible text={name} />
        </span>
        <TaskFacts task={task} />
      </button>
      <IconButton tiny icon={Trash2} label={`Delete ${name}`} className="task-delete" onClick={remove} />
    </div>
  );
}

function TaskFacts({ task }: { task: StoredRecord }) {
  const here = useHere();
  const due = timeOf(task, 'dueAt');
  const priority = textOf(task, 'priority');
  const repeats = timeOf(task, 'recurrence');
  const project = timeOf(task, 'projectId');
  const late = due !== null && !isDone(task) && isPast(due, here);
  return (
    <span className="task-facts small">
      {(priority === 'high' || priority === 'urgent') && (
        <span className="task-flag" data-priority={priority}>
          <Flag size={12} aria-hidden />
          {priority}
        </span>
      )}
      {project !== null && (
        <span className="chip">
          <ProjectName id={project} />
        </span>
      )}
      {listOf(task, 'tags')
        .slice(0, 3)
        .map((tag) => (
          <span key={tag} className="task-tag">
            #<Visible text={tag} />
          </span>
        ))}
      {repeats !== null && <Repeat size={13} aria-label={`Repeats ${repeatText(repeats)}`} />}
      {due !== null && (
        <time dateTime={due} className={late ? 'late' : 'soft'} title={whenText(due, here)}>
          {late && <span className="unseen">overdue: </span>}
          {briefText(due, here)}
        </time>
      )}
    </span>
  );
}
