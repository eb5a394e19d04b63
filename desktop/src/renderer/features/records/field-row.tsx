import { useState } from 'react';
import type { StoredRecord } from '@adiuva/shared/contracts/records.ts';
import { useHere } from '../../data/hooks.ts';
import { ValueEditor } from '../../ui/value-editor.tsx';
import { Visible } from '../../ui/visible.tsx';
import { fieldRow, valueText } from '../../words/fields.ts';
import { ProjectChoice, ProjectName } from './projects.tsx';

interface FieldRowProps {
  readonly record: StoredRecord;
  readonly name: string;
  readonly onChange: (value: unknown) => void;
}

/** One field: its value, and the control that changes it when it is pressed. */
export function FieldRow({ record, name, onChange }: FieldRowProps) {
  const [editing, setEditing] = useState(false);
  const { label } = fieldRow(name);
  const value = record.fields[name];
  const done = (next: unknown) => {
    setEditing(false);
    onChange(next);
  };
  return (
    <div className="record-field" data-field={name}>
      <dt className="small soft">{label}</dt>
      <dd>
        {editing ? (
          <Editor name={name} value={value} onDone={done} onCancel={() => setEditing(false)} />
        ) : (
          <Shown name={name} value={value} label={label} onEdit={() => setEditing(true)} />
        )}
      </dd>
    </div>
  );
}

function Editor({ name, value, onDone, onCancel }: { name: string; value: unknown; onDone: (value: unknown) => void; onCancel: () => void }) {
  const here = useHere();
  if (name === 'projectId') return <ProjectChoice value={typeof value === 'string' ? value : null} onDone={onDone} onCancel={onCancel} />;
  return <ValueEditor name={name} value={value} here={here} onDone={onDone} onCancel={onCancel} />;
}

function Shown({ name, value, label, onEdit }: { name: string; value: unknown; label: string; onEdit: () => void }) {
  const here = useHere();
  const text = valueText(name, value, here);
  const isProject = name === 'projectId' && typeof value === 'string';
  return (
    <button type="button" className="record-value" data-empty={text === 'none'} onClick={onEdit}>
      <span className="unseen">Edit {label}: </span>
      {isProject ? <ProjectName id={value} /> : <Visible text={text} />}
    </button>
  );
}
