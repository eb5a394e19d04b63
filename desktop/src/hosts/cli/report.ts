import type { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';

/** `message` is the title with this case's detail; the cause stays inside. */
const messageOf = ({ row, detail }: AdiuvaError) => (detail === undefined ? row.title : `${row.title}: ${detail}`);

/** An error as the command line prints it with `--json`. */
export const errorDocument = (error: AdiuvaError) => ({ error: { code: error.code, message: messageOf(error), hint: error.row.hint } });

export const errorText = (error: AdiuvaError) => `adiuva: ${messageOf(error)}\n${error.row.hint}`;
