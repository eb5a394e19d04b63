import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { agentName, type AgentName } from '../contracts/chat.ts';
import { heldOut } from './training/heldout.ts';
import { later, unseen } from './training/unseen.ts';
import { understand, type Understanding } from './understand.ts';

const vectors = (name: string) => new URL(`../../../../shared/vectors/${name}`, import.meta.url);
const rows = <T>(name: string): T[] =>
  readFileSync(vectors(name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const options = { reference: '2026-11-20T09:00:00', timeZone: 'UTC' };

interface Labelled {
  text: string;
  agent: AgentName;
  accept: AgentName[];
}

/** Accuracy strict and lenient, macro-F1 and recall of each agent. */
function score(sentences: readonly Labelled[]) {
  const pairs = sentences.map((row) => ({ ...row, got: understand(row.text, options).agent }));
  const share = (list: typeof pairs, ok: (p: (typeof pairs)[number]) => boolean) => list.filter(ok).length / Math.max(1, list.length);
  const recall = Object.fromEntries(
    agentName.options.map((a) => [
      a,
      share(
        pairs.filter((p) => p.agent === a),
        (p) => p.got === a,
      ),
    ]),
  ) as Record<AgentName, number>;
  const f1 = agentName.options.map((a) => {
    const precision = share(
      pairs.filter((p) => p.got === a),
      (p) => p.agent === a,
    );
    return (2 * precision * recall[a]) / Math.max(1e-9, precision + recall[a]);
  });
  return {
    strict: share(pairs, (p) => p.got === p.agent),
    lenient: share(pairs, (p) => p.accept.includes(p.got)),
    macroF1: f1.reduce((x, y) => x + y, 0) / f1.length,
    recall,
  };
}

// oxlint-disable-next-line no-console -- the figures are the point of this test
const print = console.log;
const show = (name: string, figures: object) =>
  print(
    name,
    JSON.stringify(figures, (_key, value: unknown) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value)),
  );

interface DateRow {
  text: string;
  reference: string | null;
  kind: string;
  expected: { type: string; value?: string; start?: string; end?: string; seconds?: string } | null;
}

const local = (iso: string | null | undefined) => iso?.slice(0, 19);
const clock = (iso: string | null | undefined) => iso?.slice(11, 19);

/** Whether the first date is exactly the expected one; a length is compared in minutes, a repetition by whether one was found. */
const exact: Record<string, (got: Understanding, want: NonNullable<DateRow['expected']>) => boolean> = {
  date: ({ dates: [d] }, want) => d?.start === want.value && d?.end === null,
  datetime: ({ dates: [d] }, want) => local(d?.start) === want.value && d?.end === null,
  daterange: ({ dates: [d] }, want) => d?.start === want.start && d?.end === want.end,
  datetimerange: ({ dates: [d] }, want) => local(d?.start) === want.start && local(d?.end) === want.end,
  time: ({ dates: [d] }, want) => clock(d?.start) === want.value && d?.end === null,
  timerange: ({ dates: [d] }, want) => clock(d?.start) === want.start && clock(d?.end) === want.end,
  duration: ({ durationMinutes }, want) => durationMinutes === Math.round(Number(want.seconds) / 60),
  set: ({ recurrence }) => recurrence !== null,
};

describe.skipIf(!existsSync(vectors('intents-dev.jsonl')))('on the development sets (../shared/vectors)', () => {
  it('finds the agent', () => {
    const figures = score(rows<Labelled>('intents-dev.jsonl'));
    show('agents, development set:', figures);
    expect(figures.strict).toBeGreaterThanOrEqual(0.9);
    expect(figures.macroF1).toBeGreaterThanOrEqual(0.85);
    expect(figures.recall.general).toBeGreaterThanOrEqual(0.9);
  });

  it('finds the dates and invents none', () => {
    const all = rows<DateRow>('dates-dev.jsonl').map((row) => ({
      ...row,
      got: understand(row.text, { reference: row.reference ?? options.reference, timeZone: 'UTC' }),
    }));
    const dated = all.filter((row) => row.expected !== null);
    const plain = all.filter((row) => row.expected === null);
    const right = dated.filter((row) => exact[row.expected!.type]!(row.got, row.expected!));
    const silent = plain.filter((row) => row.got.dates.length === 0);
    show('dates, development set:', { exact: right.length / dated.length, of: dated.length, noneInvented: silent.length / plain.length, none: plain.length });
    expect(right.length / dated.length).toBeGreaterThanOrEqual(0.75);
    expect(silent.length / plain.length).toBeGreaterThanOrEqual(0.95);
  });
});

describe('on sentences kept out of the training', () => {
  it.each([
    ['held out', heldOut],
    ['unseen', unseen],
    ['later', later],
  ])('finds the agent: %s', (name, set) => {
    const sentences = agentName.options.flatMap((agent) => set[agent].map((text): Labelled => ({ text, agent, accept: [agent] })));
    const figures = score(sentences);
    show(`agents, ${name}, of ${sentences.length}:`, figures);
    expect(figures.strict).toBeGreaterThanOrEqual(0.92);
    expect(figures.macroF1).toBeGreaterThanOrEqual(0.9);
    expect(figures.recall.general).toBeGreaterThanOrEqual(0.93);
  });

  it('answers in microseconds', () => {
    const texts = Object.values(heldOut).flat();
    for (const text of texts) understand(text, options);
    const took = texts.map((text) => {
      const start = performance.now();
      understand(text, options);
      return (performance.now() - start) * 1000;
    });
    print('median µs a text:', Math.round(took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)]!));
    expect(took).toHaveLength(texts.length);
  });
});
