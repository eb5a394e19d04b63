import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { registerRequest } from './auth.ts';
import { argonParameters } from './backup.ts';
import { subscription, tiers } from './billing.ts';
import { chatRequest, clientFrame, serverFrame } from './chat.ts';
import { AdiuvaError, errors, toProblem } from './errors.ts';
import { fromProblem } from './problem.ts';
import { canonicalJson, fillPlaceholders, planLimits, validatePlan } from './plan.ts';
import { mayHave, lowestTierWith, parseInputs, parsePlaybook, parseSigned, playbookLimits, signedBytes, type Playbook } from './playbook.ts';
import { pluginManifest } from './plugin.ts';
import { parseChanges, parseFields } from './records.ts';

const read = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof AdiuvaError ? [error.code, error.detail] : error;
  }
  return 'nothing thrown';
};

describe('shapes on the wire', () => {
  const schemas: Record<string, z.ZodType> = { chatRequest, serverFrame, clientFrame, registerRequest, pluginManifest, argonParameters, subscription };
  for (const [name, cases] of Object.entries(read('shapes') as Record<string, { valid: unknown[]; invalid: unknown[] }>)) {
    it(`${name} takes what is valid and refuses the rest`, () => {
      expect(cases.valid.map((value) => schemas[name]!.safeParse(value).success)).toEqual(cases.valid.map(() => true));
      expect(cases.invalid.map((value) => schemas[name]!.safeParse(value).success)).toEqual(cases.invalid.map(() => false));
    });
  }
});

describe('plans', () => {
  const cases = read('plans') as { valid: { name: string; plan: unknown }[]; invalid: { name: string; plan: unknown; detail: string }[] };
  const good = cases.valid[0]!.plan as { steps: unknown[] };

  it.each(cases.valid)('holds: $name', ({ plan }) => void expect(validatePlan(plan)).toEqual(plan));
  it.each(cases.invalid)('is refused: $name', ({ plan, detail }) => {
    expect(codeOf(() => validatePlan(plan))).toEqual(['plan.invalid', expect.stringContaining(detail)]);
  });
  it('holds to its sizes: 50 steps yes, 51 no, 256 KiB no, nested too deep no', () => {
    const step = good.steps[0];
    expect(validatePlan({ ...good, steps: Array(planLimits.steps).fill(step) }).steps).toHaveLength(50);
    expect(codeOf(() => validatePlan({ ...good, steps: Array(planLimits.steps + 1).fill(step) }))).toContain('plan.invalid');
    const big = { action: 'create_record', params: { type: 'note', fields: { title: 'x', body: 'y'.repeat(planLimits.bytes) } }, explain: '' };
    expect(codeOf(() => validatePlan({ ...good, steps: [big] }))).toEqual(['plan.invalid', 'larger than 256 KiB']);
    const nested = Array.from({ length: 100_000 }).reduce((inner) => ({ inner }), {});
    expect(codeOf(() => validatePlan({ ...good, steps: [nested] }))).toEqual(['plan.invalid', 'nested too deeply']);
  });
  it('puts earlier output in place of placeholders, and refuses a path that leads nowhere', () => {
    const data = { id: 'r1', tags: ['a'] };
    expect(fillPlaceholders({ a: '$data.id', b: ['$data.tags.0', '$data', 'costs $data.id'] }, data)).toEqual({ a: 'r1', b: ['a', data, 'costs $data.id'] });
    expect(codeOf(() => fillPlaceholders('$data.constructor', data))).toContain('plan.invalid');
  });
  it('gives the same bytes for the same plan whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: undefined })).toBe('{"b":[1,{"c":"é","d":null}]}');
  });
});

describe('playbooks', () => {
  interface Case {
    name: string;
    playbook: Playbook;
  }
  const cases = read('playbooks') as {
    valid: Case[];
    invalid: (Case & { code: string; detail: string })[];
    inputs: { name: string; given: Record<string, unknown>; is?: unknown; detail?: string }[];
    days: [string, string | null][];
  };
  const [lists, asks] = cases.valid.map(({ playbook }) => playbook) as [Playbook, Playbook];
  const signature = { keyId: 'k1', value: 'A'.repeat(86) };

  it.each(cases.valid)('holds, signed and not: $name', ({ playbook }) => {
    expect(parsePlaybook(playbook)).toEqual(playbook);
    expect(parseSigned({ ...playbook, signature })).toEqual({ ...playbook, signature });
  });
  it.each(cases.invalid)('is refused: $name', ({ playbook, code, detail }) => {
    expect(codeOf(() => parsePlaybook(playbook))).toEqual([code, expect.stringContaining(detail)]);
    expect(codeOf(() => parseSigned({ ...playbook, signature }))).toEqual([code, expect.stringContaining(detail)]);
  });
  it('is refused without a signature, with one of another length, and when it nests too deeply', () => {
    expect(codeOf(() => parseSigned(lists))).toEqual(['playbook.invalid', expect.stringContaining('signature')]);
    expect(codeOf(() => parseSigned({ ...lists, signature: { keyId: 'k1', value: 'AA' } }))).toEqual([
      'playbook.invalid',
      expect.stringContaining('signature'),
    ]);
    const deep = Array.from({ length: playbookLimits.depth + 1 }).reduce((inner) => ({ inner }), {});
    expect(codeOf(() => parsePlaybook({ ...lists, deep }))).toEqual(['playbook.invalid', 'nested too deeply']);
  });
  it('signs the same bytes whatever the order of keys and whatever the signature', () => {
    const turned = Object.fromEntries(Object.entries({ ...lists, signature }).reverse());
    expect(signedBytes(turned)).toEqual(signedBytes({ ...lists }));
    expect(new TextDecoder().decode(signedBytes({ b: 1, a: 2 }))).toBe('adiuva playbook 1\n{"a":2,"b":1}');
  });
  it.each(cases.inputs)('inputs: $name', ({ given, is, detail }) => {
    if (detail === undefined) expect(parseInputs(asks, given, '2026-11-20')).toEqual(is);
    else expect(codeOf(() => parseInputs(asks, given, '2026-11-20'))).toEqual(['playbook.inputs', expect.stringContaining(detail)]);
  });
  it.each(cases.days)('the day %s, seen from Friday 2026-11-20, is %s', (day, is) => {
    if (is === null) expect(codeOf(() => parseInputs(lists, { day }, '2026-11-20'))).toEqual(['playbook.inputs', expect.stringContaining('day')]);
    else expect(parseInputs(lists, { day }, '2026-11-20')).toEqual({ day: is });
  });
  it('belong to tiers as the table of tiers says', () => {
    expect([mayHave(null, 'basic'), mayHave('free', 'extended'), mayHave('pro', 'extended'), mayHave('power', 'shared'), mayHave('team', 'shared')]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect([lowestTierWith('basic'), lowestTierWith('extended'), lowestTierWith('shared')]).toEqual(['free', 'pro', 'team']);
  });
});

describe('records', () => {
  it('fills in defaults when new, and nothing when changed', () => {
    expect(parseFields('task', { title: ' Pay ' })).toMatchObject({ title: 'Pay', priority: 'medium', status: 'open', tags: [], dueAt: null });
    expect(parseChanges('task', { status: 'done' })).toEqual({ status: 'done' });
  });
  it('keeps every character a user may type', () => {
    const path = new URL('../../../../shared/vectors/strings/blns.json', import.meta.url);
    let strings: string[] = ['\u202Eevil', '👩‍👩‍👧', '\0', '\uD800'];
    try {
      strings = [...strings, ...(JSON.parse(readFileSync(path, 'utf8')) as string[])];
    } catch {
      process.stdout.write('shared/vectors/strings is absent: only the built-in naughty strings were tried\n');
    }
    for (const body of strings) expect(parseFields('note', { title: 'n', body })['body']).toBe(body);
  });
  it('names the field at fault and never its value', () => {
    expect(codeOf(() => parseFields('task', { title: 'ok', dueAt: 'secret words' }))).toEqual(['record.invalid', expect.not.stringContaining('secret')]);
    expect(codeOf(() => parseChanges('task', { nope: 1 }))).toEqual(['record.invalid', expect.stringContaining('nope')]);
    expect(codeOf(() => parseChanges('task', []))).toContain('record.invalid');
  });
});

describe('errors', () => {
  it('cross a border as problem details and come back the same', () => {
    const error = new AdiuvaError('rate.limited', { detail: 'Slow down.', retryAfter: 7, requestId: 'r-1' });
    expect(fromProblem(JSON.parse(JSON.stringify(toProblem(error))))).toMatchObject({
      code: 'rate.limited',
      detail: 'Slow down.',
      retryAfter: 7,
      requestId: 'r-1',
    });
  });
  it('hide what is not ours, and survive what a stranger sends', () => {
    expect(toProblem(new Error('password hunter2'))).toEqual({
      type: 'urn:adiuva:error:internal',
      title: errors.internal.title,
      status: 500,
      code: 'internal',
    });
    expect(fromProblem('<html>').code).toBe('cloud.bad_reply');
    expect(fromProblem({ type: 'x', title: 'New', status: 418, code: 'from.the.future' })).toMatchObject({ code: 'internal', detail: 'New' });
  });
});

describe('tiers', () => {
  it('grow: nobody pays for less', () => {
    const rates = Object.values(tiers).map((tier) => tier.requestsPerMinute);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(tiers.free.backupBytes).toBe(0);
  });
});
