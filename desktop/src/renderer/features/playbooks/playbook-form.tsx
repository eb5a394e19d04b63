import { type FormEvent, useState } from 'react';
import { dayFrom, type PlaybookInput, playbookLimits } from '@adiuva/shared/contracts/playbook.ts';
import { Play } from 'lucide-react';
import { useHere, useQuery } from '../../data/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, Switch, TextArea, TextField } from '../../ui/field.tsx';
import { briefText } from '../../words/dates.ts';
import { civilOf, dateText } from '../../words/zone.ts';
import { nameOf, timeOf } from '../records/read.ts';
import { faultOf, inputsOf, startOf, type Typed } from './playbook-words.ts';

interface FormProps {
  readonly inputs: readonly PlaybookInput[];
  readonly busy: boolean;
  readonly onRun: (inputs: Record<string, unknown>) => void;
}

/** The inputs of a playbook, each by its kind, and the button that runs it. */
export function PlaybookForm({ inputs, busy, onRun }: FormProps) {
  const here = useHere();
  const today = dateText(civilOf(here.now, here.zone));
  const [typed, setTyped] = useState<Typed>(() => startOf(inputs, (words) => dayFrom(words, today)));
  const [tried, setTried] = useState(false);
  const send = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (inputs.every((input) => faultOf(input, typed) === null)) onRun(inputsOf(inputs, typed));
  };
  return (
    <form className="column playbook-form" noValidate onSubmit={send}>
      {inputs.map((input) => (
        <InputField
          key={input.name}
          input={input}
          value={typed[input.name] ?? ''}
          error={tried ? faultOf(input, typed) : null}
          onChange={(value) => setTyped({ ...typed, [input.name]: value })}
        />
      ))}
      <div className="row">
        <Button type="submit" look="primary" icon={Play} disabled={busy}>
          {busy ? 'One moment…' : 'Run'}
        </Button>
      </div>
    </form>
  );
}

interface FieldProps<I extends PlaybookInput = PlaybookInput> {
  readonly input: I;
  readonly value: string | boolean;
  readonly error: string | null;
  readonly onChange: (value: string | boolean) => void;
}

function InputField({ input, value, error, onChange }: FieldProps) {
  const label = input.required || input.kind === 'boolean' ? input.label : `${input.label} (optional)`;
  const common = { label, hint: input.hint, error };
  const text = String(value);
  if (input.kind === 'boolean')
    return <Switch label={label} {...(input.hint !== undefined && { hint: input.hint })} checked={value === true} onChange={onChange} />;
  if (input.kind === 'choice') {
    const choices = input.required && input.default !== undefined ? input.options : [{ value: '', label: '–' }, ...input.options];
    return <SelectField {...common} choices={choices} value={text} onChange={(event) => onChange(event.target.value)} />;
  }
  if (input.kind === 'record') return <RecordField input={input} value={value} error={error} onChange={onChange} />;
  if (input.kind === 'text')
    return <TextArea {...common} rows={2} maxLength={playbookLimits.inputText} value={text} onChange={(event) => onChange(event.target.value)} />;
  const type = input.kind === 'number' ? { type: 'number', min: input.min, max: input.max, step: 'any' } : { type: 'date' };
  return <TextField {...common} {...type} value={text} onChange={(event) => onChange(event.target.value)} />;
}

/** A record of the kind the playbook asks for. */
function RecordField({ input, value, error, onChange }: FieldProps<Extract<PlaybookInput, { kind: 'record' }>>) {
  const here = useHere();
  const coming = input.type === 'event' ? { from: new Date(Math.floor(here.now / 3_600_000) * 3_600_000).toISOString() } : {};
  const { data } = useQuery('records.list', { type: input.type, limit: 200, ...coming });
  const records = (data?.records ?? []).map((record) => {
    const when = timeOf(record, record.type === 'event' ? 'startAt' : 'dueAt');
    return { value: record.id, label: when ? `${nameOf(record)} · ${briefText(when, here)}` : nameOf(record) };
  });
  const first = input.default === 'next' ? { value: 'next', label: 'The next one' } : { value: '', label: records.length === 0 ? 'There is none yet' : '–' };
  return (
    <SelectField
      label={input.label}
      hint={input.hint}
      error={error}
      choices={[first, ...records]}
      value={String(value)}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
