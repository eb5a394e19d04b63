import { ChevronDown, Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { IconButton } from './button.tsx';

interface Labelled {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
}

/** Ids that tie a control to its label, hint and error. */
function useTies({ hint, error }: Labelled) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return { id, control: { id, ...(described !== '' && { 'aria-describedby': described }), ...(error && { 'aria-invalid': true as const }) } };
}

function Around({ id, label, hint, error, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && (
        <div className="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error && (
        <div className="field-error" id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, ...rest }: Labelled & ComponentProps<'input'>) {
  const labelled = { label, hint, error: error ?? null };
  const { id, control } = useTies(labelled);
  return (
    <Around id={id} {...labelled}>
      <input className="input" autoComplete="off" spellCheck={false} {...control} {...rest} />
    </Around>
  );
}

export function TextArea({ label, hint, error, ...rest }: Labelled & ComponentProps<'textarea'>) {
  const labelled = { label, hint, error: error ?? null };
  const { id, control } = useTies(labelled);
  return (
    <Around id={id} {...labelled}>
      <textarea className="input" rows={4} {...control} {...rest} />
    </Around>
  );
}

/** A secret: hidden, with a button that shows it. */
export function SecretField({ label, hint, error, ...rest }: Labelled & ComponentProps<'input'>) {
  const labelled = { label, hint, error: error ?? null };
  const { id, control } = useTies(labelled);
  const [shown, setShown] = useState(false);
  return (
    <Around id={id} {...labelled}>
      <div className="secret">
        <input className="input" type={shown ? 'text' : 'password'} spellCheck={false} autoCapitalize="off" {...control} {...rest} />
        <IconButton icon={shown ? EyeOff : Eye} label={shown ? 'Hide' : 'Show'} aria-pressed={shown} onClick={() => setShown(!shown)} tiny />
      </div>
    </Around>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField({ label, hint, error, choices, ...rest }: Labelled & ComponentProps<'select'> & { choices: readonly Choice[] }) {
  const labelled = { label, hint, error: error ?? null };
  const { id, control } = useTies(labelled);
  return (
    <Around id={id} {...labelled}>
      <Select choices={choices} {...control} {...rest} />
    </Around>
  );
}

/** The bare control; the caller names it by `aria-label` or a label. */
export function Select({ choices, ...rest }: ComponentProps<'select'> & { choices: readonly Choice[] }) {
  return (
    <span className="select">
      <select className="input" {...rest}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <ChevronDown size={15} aria-hidden />
    </span>
  );
}

/** On or off, at once. */
export function Switch({
  label,
  hint,
  checked,
  onChange,
  disabled = false,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <div className="row between">
      <div className="grow">
        <div id={id} className="strong">
          {label}
        </div>
        {hint !== undefined && <div className="small soft">{hint}</div>}
      </div>
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={checked}
        aria-labelledby={id}
        disabled={disabled}
        onClick={() => onChange(!checked)}
      />
    </div>
  );
}
