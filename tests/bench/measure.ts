import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Runs each contender once in every round, so that what else the machine does then hits all alike; the first `warm` rounds do not count. */
export async function inTurns<N extends string, S>(contenders: Readonly<Record<N, () => Promise<S>>>, rounds: number, warm = 1): Promise<Record<N, S[]>> {
  const names = Object.keys(contenders) as N[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as S[]])) as Record<N, S[]>;
  for (let round = -warm; round < rounds; round++) {
    for (const name of names) {
      const sample = await contenders[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** One figure beside what it is held against. The goal bounds the ratio, or the figure itself where there is no peer; null: shown only. */
export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly product: number;
  readonly peer: { readonly name: string; readonly value: number } | null;
  readonly goal: number | null;
}

interface Judged extends Line {
  readonly ratio: number | null;
  readonly met: boolean | null;
}

function judge(line: Line): Judged {
  const ratio = line.peer && line.product / line.peer.value;
  return { ...line, ratio, met: line.goal === null ? null : (ratio ?? line.product) <= line.goal };
}

const shown = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 3));

function cells({ what, unit, product, peer, ratio, goal, met }: Judged): string[] {
  const limit = goal === null ? '–' : `≤ ${shown(goal)}${ratio === null ? ` ${unit}` : ' ×'}`;
  const beside = peer ? `${shown(peer.value)} ${unit} ${peer.name}` : '–';
  return [what, `${shown(product)} ${unit}`, beside, ratio === null ? '–' : `${ratio.toFixed(3)} ×`, limit, met === null ? '–' : met ? 'yes' : 'NO'];
}

/** Prints the figures as a table and writes them to `bench/out/NAME.json`, with everything that was measured under `samples`. */
export function report(name: string, lines: readonly Line[], samples: object = {}): void {
  const judged = lines.map(judge);
  const rows = [['what', 'product', 'peer or limit', 'ratio', 'goal', 'met'], ...judged.map(cells)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    say(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
  const folder = fileURLToPath(new URL('../../bench/out/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const machine = { node: process.version, cores: cpus().length, processor: cpus()[0]?.model };
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify({ name, machine, lines: judged, samples }, null, 2)}\n`);
}
