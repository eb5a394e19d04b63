import type { z } from 'zod';
import type { ChatContext } from '@adiuva/shared/contracts/chat.ts';
import { AdiuvaError, describeIssues } from '@adiuva/shared/contracts/errors.ts';
import type { ToolSpec } from '@adiuva/shared/models/model.ts';
import type { PlanBuilder } from '../plans/builder.ts';

/** What a tool can see and touch: the request's own context, and the plan it may add steps to. There is nothing else it could act on. */
export interface ToolTurn {
  readonly context: ChatContext;
  readonly plan: PlanBuilder;
  /** The device's time, in milliseconds. */
  readonly now: number;
}

/** `result` goes back to the model as JSON, its `words` being Markdown that may be said as it is; `summary` is the quiet line the user reads. */
export interface ToolOutcome {
  readonly summary: string;
  readonly result: unknown;
}

/** What a tool's steps would do to the records of the user, once approved. */
export const effects = ['adds', 'changes', 'removes'] as const;
export type Effect = (typeof effects)[number];

/** A tool of an agent. One without an effect looks into the context, the others add plan steps: no tool acts. */
export interface AgentTool extends ToolSpec {
  readonly kind: 'reads' | 'proposes';
  readonly effect?: Effect;
  /** @throws AdiuvaError with words for the model when the arguments do not fit or the step does not hold */
  run(args: unknown, turn: ToolTurn): ToolOutcome | Promise<ToolOutcome>;
}

interface ToolRow<P extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  /** Absent: it only reads. */
  readonly effect?: Effect;
  readonly parameters: P;
  readonly answers?: (message: string) => z.input<P> | undefined;
  run(args: z.infer<P>, turn: ToolTurn, given: Partial<z.infer<P>>): ToolOutcome | Promise<ToolOutcome>;
}

/** A tool whose `run` gets checked arguments; `given` are those that were really sent, without the defaults of the rest. */
export function tool<P extends z.ZodObject>(row: ToolRow<P>): AgentTool {
  return {
    ...row,
    kind: row.effect ? 'proposes' : 'reads',
    run(args, turn) {
      const parsed = row.parameters.safeParse(args);
      if (!parsed.success) throw new AdiuvaError('request.invalid', { detail: describeIssues(parsed.error) });
      const sent = new Set(Object.keys(args as object));
      const given = Object.fromEntries(Object.entries(parsed.data).filter(([name]) => sent.has(name)));
      return row.run(parsed.data, turn, given as Partial<z.infer<P>>);
    },
  };
}
