export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A structured log line: an event name from code and fields that {@link redact} lets through. Never user text. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, unknown>>;

const levels: LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/**
 * The only field names a line may carry, because a list of forbidden names is always one name short. A value is a number, a boolean,
 * null or a short plain word; anything else becomes `[redacted]`.
 */
const allowed = new Set(
  'requestId runId planId sessionId userId jobId vaultId deviceId code status method route level ms bytes count attempt agent agents model tier reason from to state version port host name engine signal pid event step table rows seq frames outcome retryAt signalName kind inputTokens outputTokens cost'.split(
    ' ',
  ),
);

const plain = /^[\w.:/@+-]{0,200}$/;

function safeValue(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return plain.test(value) ? value : '[redacted]';
  if (Array.isArray(value)) return value.slice(0, 20).map(safeValue);
  return '[redacted]';
}

/** What may be written of `fields`: allowed names with plain values; an unknown name keeps its name only. */
export function redact(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, allowed.has(name) ? safeValue(value) : '[redacted]']));
}

/** One JSON object a line into `write`; `time` in ISO 8601. */
export function jsonLog(write: (line: string) => void, now: () => number, level: LogLevel = 'info', bound: LogFields = {}): Log {
  const at =
    (name: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (levels.indexOf(name) < levels.indexOf(level)) return;
      write(JSON.stringify({ time: new Date(now()).toISOString(), level: name, event, ...redact({ ...bound, ...fields }) }));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => jsonLog(write, now, level, { ...bound, ...fields }),
  };
}

/** Swallows everything. */
export const silentLog: Log = jsonLog(
  () => {},
  () => 0,
  'silent',
);
