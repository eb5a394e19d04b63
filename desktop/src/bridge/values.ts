import { AdiuvaError, toProblem, type ErrorCode } from '@adiuva/shared/contracts/errors.ts';
import { fromProblem } from '@adiuva/shared/contracts/problem.ts';
import { bridgeLimits } from './channel.ts';

/**
 * Values on the wire are JSON. What JSON lacks is an object with the one key `$`: `{ "$": ["date", ISO] }`, `["undefined"]` (in lists),
 * `["number", "NaN"]`, `["error", Problem]`, and `["object", {…}]` for an object that has a key `$` itself. A property that is undefined is
 * left out, as in JSON. JSON without `$` means itself, so a client that knows nothing of this reads it as it stands.
 */
const mark = '$';

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || proto === Object.prototype || Object.getPrototypeOf(proto) === null;
}

/** True where a value is JSON as it stands, so that the usual message is not copied. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (!isObject(value) || depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth - 1));
  if (!isPlain(value)) return false;
  for (const key of Object.keys(value)) if (key === mark || key === 'toJSON' || (value[key] !== undefined && !isJson(value[key], depth - 1))) return false;
  return true;
}

function refuse(detail: string, code: ErrorCode = 'request.invalid'): never {
  throw new AdiuvaError(code, { detail });
}

function copyOut(value: unknown, depth: number, code: ErrorCode): unknown {
  if (isJson(value, 0)) return value;
  if (value === undefined) return { [mark]: ['undefined'] };
  if (typeof value === 'number') return { [mark]: ['number', Object.is(value, -0) ? '-0' : String(value)] };
  if (!isObject(value)) return refuse(`a ${typeof value} cannot cross`, code);
  if (depth === 0) return refuse('nested too deeply', code);
  if (value instanceof Date) return { [mark]: ['date', Number.isNaN(value.getTime()) ? null : value.toISOString()] };
  if (value instanceof Error) return { [mark]: ['error', toProblem(value)] };
  if (Array.isArray(value)) return Array.from(value, (item) => copyOut(item, depth - 1, code));
  if (!isPlain(value)) return refuse('only plain objects cross', code);
  const entries = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [[key, copyOut(item, depth - 1, code)] as const]));
  const copy = Object.fromEntries(entries);
  return mark in copy ? { [mark]: ['object', copy] } : copy;
}

/** A value as JSON. @throws AdiuvaError `code` for functions, symbols, big integers, class instances and cycles */
export function encode(value: unknown, code: ErrorCode = 'request.invalid'): unknown {
  return value === undefined || isJson(value, bridgeLimits.depth) ? value : copyOut(value, bridgeLimits.depth, code);
}

/** Of parsed JSON: false where a mark waits or a key would reach for a prototype. */
function isClean(value: unknown, depth: number): boolean {
  if (!isObject(value)) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isClean(item, depth - 1));
  for (const key of Object.keys(value)) if (key === mark || key === '__proto__' || !isClean(value[key], depth - 1)) return false;
  return true;
}

const marks: Record<string, (data: unknown, depth: number) => unknown> = {
  undefined: () => undefined,
  date: (data) => (data === null || typeof data === 'string' ? new Date(data ?? NaN) : refuse('not a date')),
  number: (data) => (typeof data === 'string' && /^(?:NaN|-?Infinity|-0)$/.test(data) ? Number(data) : refuse('not a number')),
  error: (data) => fromProblem(data),
  object: (data, depth) => (isObject(data) && !Array.isArray(data) ? copyFields(data, depth) : refuse('not an object')),
};

function copyFields(value: Fields, depth: number): Fields {
  if (Object.hasOwn(value, '__proto__')) refuse('"__proto__" is not a name');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyIn(item, depth - 1)]));
}

function copyIn(value: unknown, depth: number): unknown {
  if (!isObject(value)) return value;
  if (depth <= 0) return refuse('nested too deeply');
  if (Array.isArray(value)) return value.map((item) => copyIn(item, depth - 1));
  if (!Object.hasOwn(value, mark)) return copyFields(value, depth);
  const [kind, data] = Array.isArray(value[mark]) ? (value[mark] as unknown[]) : [];
  const read = typeof kind === 'string' && Object.keys(value).length === 1 && Object.hasOwn(marks, kind) ? marks[kind] : undefined;
  return read ? read(data, depth) : refuse('an unknown mark');
}

/** The other way, from parsed JSON. @throws AdiuvaError `request.invalid` on unknown marks, too deep nesting and a key `__proto__` */
export function decode(value: unknown): unknown {
  return isClean(value, bridgeLimits.depth) ? value : copyIn(value, bridgeLimits.depth);
}

/** Both ways as tRPC takes them. An answer that cannot cross is a fault of the core, a question that cannot is one of the caller. */
export const values = {
  input: { serialize: (value: unknown) => encode(value), deserialize: decode },
  output: { serialize: (value: unknown) => encode(value, 'internal'), deserialize: decode },
};
