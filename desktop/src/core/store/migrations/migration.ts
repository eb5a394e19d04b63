/** One step of the schema; once released it never changes. */
export interface Migration {
  readonly number: number;
  /** Statements that lead from `number - 1` to `number`. */
  readonly up: string;
}
