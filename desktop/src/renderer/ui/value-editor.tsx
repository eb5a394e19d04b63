import { type KeyboardEvent, useState } from 'react';
import { civilFromInput, type Here, inputText } from '../words/dates.ts';
import { fieldRow } from '../words/fields.ts';
import { dateText, isDateOnly, isoOf } from '../words/zone.ts';
import { Select } from './field.tsx';

interface EditorProps {
  readonly name: string;
  readonly value: unknown;
  readonly here: Here;
  readonly onDone: (value: unknown) => void;
  readonly onCancel: () => void;
}

const textOf = (value: unknown) => (value === null || value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value));
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function parse(name: string, text: string): unknown {
  const { kind } = fieldRow(name);
  if (kind === 'list') return listOf(text);
  if (kind === 'repeat' || name === 'projectId') return text.trim() === '' ? null : text.trim();
  return text;
}

/** Edits one field in place: the control that fits its kind, Enter keeps, Esc gives up. */
export function ValueEditor(props: EditorProps) {
  const { kind, options } = fieldRow(props.name);
  if (kind === 'when') return <WhenEditor {...props} />;
  if (kind === 'choice' && options) return <ChoiceEditor {...props} options={options} />;
  if (kind === 'flag')
    return <ChoiceEditor {...props} value={props.value === true ? 'yes' : 'no'} options={['yes', 'no']} onDone={(value) => props.onDone(value === 'yes')} />;
  return <TextEditor {...props} long={kind === 'long'} />;
}

function TextEditor({ name, value, onDone, onCancel, long }: EditorProps & { long: boolean }) {
  const [text, setText] = useState(textOf(value));
  const keep = () => (text === textOf(value) ? onCancel() : onDone(parse(name, text)));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      onCancel();
    }
    if (event.key === 'Enter' && !event.nativeEvent.isComposing && !(long && event.shiftKey)) {
      event.preventDefault();
      event.stopPropagation();
      keep();
    }
  };
  const common = { className: 'input', 'aria-label': fieldRow(name).label, autoFocus: true, value: text, onKeyDown, onBlur: keep } as const;
  return long ? (
    <textarea rows={3} {...common} onChange={(event) => setText(event.target.value)} />
  ) : (
    <input {...common} onChange={(event) => setText(event.target.value)} />
  );
}

function WhenEditor({ name, value, here, onDone, onCancel }: EditorProps) {
  const before = typeof value === 'string' ? value : null;
  const dayOnly = before !== null && isDateOnly(before);
  const [text, setText] = useState(dayOnly ? before : inputText(before, here.zone));
  const keep = () => {
    const civil = civilFromInput(text);
    const next = civil === null ? null : dayOnly ? dateText(civil) : isoOf(civil, here.zone);
    if (next === before || (next !== null && before !== null && Date.parse(next) === Date.parse(before))) onCancel();
    else onDone(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onCancel();
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Enter') keep();
  };
  return (
    <input
      className="input"
      type={dayOnly ? 'date' : 'datetime-local'}
      aria-label={fieldRow(name).label}
      autoFocus
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={keep}
    />
  );
}

function ChoiceEditor({ name, value, options, onDone, onCancel }: EditorProps & { options: readonly string[] }) {
  return (
    <Select
      aria-label={fieldRow(name).label}
      autoFocus
      choices={options.map((option) => ({ value: option, label: option }))}
      value={String(value)}
      onChange={(event) => onDone(event.target.value)}
      onBlur={onCancel}
      onKeyDown={(event) => event.key === 'Escape' && onCancel()}
    />
  );
}
