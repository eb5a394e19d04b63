import { CalendarClock, Flag, FolderKanban, Hash, type LucideIcon, Plus, Repeat, Timer, X } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useHere } from '../../data/hooks.ts';
import { useRecordActs } from '../../data/use-record-acts.ts';
import { isComposing } from '../../keys/keys.ts';
import { useCommands } from '../../keys/use-commands.ts';
import { type Chip, type ChipKind, readCapture, taskOf } from '../../words/capture.ts';
import { nameOf } from '../records/read.ts';
import { useProjects } from '../records/projects.tsx';

const chipIcons: Readonly<Record<ChipKind, LucideIcon>> = {
  tag: Hash,
  project: FolderKanban,
  priority: Flag,
  due: CalendarClock,
  repeat: Repeat,
  duration: Timer,
};

/** Finds the project of a captured line, or makes it. */
function useProjectId() {
  const projects = useProjects();
  const acts = useRecordActs();
  return async (name: string | undefined): Promise<string | null> => {
    if (name === undefined) return null;
    const known = projects.find((project) => nameOf(project).toLowerCase() === name.toLowerCase());
    return known?.id ?? (await acts.add('project', { name }))?.id ?? null;
  };
}

/** One line that makes a task. Recognised parts become chips; removing one gives its words back to the title. */
export function QuickCapture() {
  const here = useHere();
  const acts = useRecordActs();
  const projectId = useProjectId();
  const [line, setLine] = useState('');
  const [ignored, setIgnored] = useState<ReadonlySet<string>>(new Set());
  const input = useRef<HTMLInputElement>(null);
  useCommands({ focusComposer: () => input.current?.focus() });
  const capture = readCapture(line, here, ignored);
  const clear = () => {
    setLine('');
    setIgnored(new Set());
  };
  const save = async () => {
    if (capture.title === '') return;
    const project = await projectId(capture.chips.find((chip) => chip.kind === 'project')?.value);
    if (await acts.add('task', taskOf(capture, project, here), 'Task added.')) clear();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key === 'Enter') void save();
    if (event.key === 'Escape') clear();
  };
  return (
    <div className="capture">
      <div className="capture-line">
        <Plus size={17} aria-hidden />
        <input
          ref={input}
          aria-label="Add a task"
          placeholder="Add a task: call Marta @friday 3pm #work !high"
          value={line}
          onChange={(event) => setLine(event.target.value)}
          onKeyDown={onKeyDown}
          dir="auto"
          autoComplete="off"
        />
      </div>
      {capture.chips.length > 0 && (
        <ul className="capture-chips" aria-label="Recognised">
          {capture.chips.map((chip) => (
            <CaptureChip key={chip.source} chip={chip} onRemove={() => setIgnored(new Set([...ignored, chip.source]))} />
          ))}
        </ul>
      )}
    </div>
  );
}

function CaptureChip({ chip, onRemove }: { chip: Chip; onRemove: () => void }) {
  const Icon = chipIcons[chip.kind];
  return (
    <li className="chip">
      <Icon size={13} aria-hidden />
      {chip.label}
      <button type="button" aria-label={`Leave “${chip.source}” in the title`} onClick={onRemove}>
        <X size={12} aria-hidden />
      </button>
    </li>
  );
}
