import { ArrowRight, CircleAlert, Pencil, StepForward, X } from 'lucide-react';
import { useState } from 'react';
import type { PlanView } from '../../../bridge/shapes.ts';
import { useHere } from '../../data/hooks.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { ValueEditor } from '../../ui/value-editor.tsx';
import { Visible } from '../../ui/visible.tsx';
import { fieldRow, valueText } from '../../words/fields.ts';
import { wordsOfProblem } from '../../words/problems.ts';
import { canEdit } from './steps.ts';
import type { PlanActs } from './use-plan-acts.ts';

type Step = PlanView['steps'][number];

interface StepRowProps {
  readonly step: Step;
  readonly index: number;
  /** How many steps the plan has. */
  readonly count?: number;
  /** May values be edited, the step be dropped, the plan end here. */
  readonly open: boolean;
  readonly acts?: Pick<PlanActs, 'setField' | 'drop' | 'runTo'>;
}

/** One step: what is done to what, each field before and after, and where it came from. */
export function StepRow({ step, index, count = 1, open, acts }: StepRowProps) {
  return (
    <li className="plan-step">
      <div className="row">
        <span className="plan-number figures" aria-hidden>
          {index + 1}
        </span>
        <div className="grow plan-object">
          <span className="soft">{step.verb}</span> <Visible className="strong" text={step.object || 'untitled'} />
        </div>
        {!step.reversible && <span className="badge warn">Cannot be undone</span>}
        {!step.writes && <span className="badge">Writes nothing</span>}
        {open && acts && count > 1 && <StepActs index={index} last={index === count - 1} acts={acts} />}
      </div>
      <dl className="plan-diff">
        {step.diff.map((field) => (
          <FieldDiff
            key={field.name}
            field={field}
            deletes={step.step.action === 'delete_record'}
            onChange={open && canEdit(step.step) && acts ? (value) => acts.setField(index, field.name, value) : null}
          />
        ))}
      </dl>
      {step.step.explain !== '' && (
        <p className="plan-why small soft">
          <Visible text={step.step.explain} />
        </p>
      )}
      {step.problem && <StepProblem step={step} />}
    </li>
  );
}

function StepActs({ index, last, acts }: { index: number; last: boolean; acts: Pick<PlanActs, 'drop' | 'runTo'> }) {
  return (
    <>
      {!last && (
        <Button
          small
          look="quiet"
          icon={StepForward}
          aria-label={`Run to here: approve ${index === 0 ? 'step 1' : `steps 1 to ${index + 1}`}`}
          onClick={() => acts.runTo(index)}
        >
          Run to here
        </Button>
      )}
      <IconButton tiny icon={X} label={`Drop step ${index + 1}`} onClick={() => acts.drop(index)} />
    </>
  );
}

function StepProblem({ step }: { step: Step }) {
  if (!step.problem) return null;
  const words = wordsOfProblem(step.problem);
  return (
    <p className="plan-problem small">
      <CircleAlert size={14} aria-hidden />
      <span>
        {words.title}
        {words.detail ? `: ${words.detail}` : ''}. {words.hint}
      </span>
    </p>
  );
}

type Field = Step['diff'][number];

interface FieldDiffProps {
  readonly field: Field;
  /** Of a record that goes away only what was there says something. */
  readonly deletes: boolean;
  readonly onChange: ((value: unknown) => void) | null;
}

function FieldDiff({ field, deletes, onChange }: FieldDiffProps) {
  const here = useHere();
  const [editing, setEditing] = useState(false);
  const { label } = fieldRow(field.name);
  const fresh = field.before === null || field.before === undefined;
  const done = (value: unknown) => {
    setEditing(false);
    onChange?.(value);
  };
  return (
    <div className="plan-field">
      <dt className="small soft">{label}</dt>
      <dd>
        {!fresh && (
          <>
            <del>
              <Visible text={valueText(field.name, field.before, here)} />
            </del>
            {!deletes && <ArrowRight size={13} aria-label="becomes" />}
          </>
        )}
        {editing ? (
          <ValueEditor name={field.name} value={field.after} here={here} onDone={done} onCancel={() => setEditing(false)} />
        ) : (
          !deletes && <NewValue field={field} text={valueText(field.name, field.after, here)} onEdit={onChange ? () => setEditing(true) : null} />
        )}
      </dd>
    </div>
  );
}

function NewValue({ field, text, onEdit }: { field: Field; text: string; onEdit: (() => void) | null }) {
  const gone = field.after === null || field.after === undefined;
  const value = <Visible className={gone ? 'plan-gone' : 'plan-new'} text={text} />;
  if (!onEdit) return value;
  return (
    <button type="button" className="plan-edit" onClick={onEdit}>
      <span className="unseen">Edit {fieldRow(field.name).label}: </span>
      {value}
      <Pencil size={12} aria-hidden />
    </button>
  );
}
