import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from '@adiuva/shared/kit/clock.ts';
import { openPglite } from '../adapters/db/pglite.ts';
import { snapshot } from '../cloud.suite.ts';
import { Broken, mutants, run, seeds, type Mutant, type World } from './model.suite.ts';

/** `ADIUVA_SEED` replays a run; the long form (`npm run soak`) makes many. */
const soak = process.env['ADIUVA_SOAK'] === '1';
const first = Number(process.env['ADIUVA_SEED'] ?? 1);
const runs = soak ? 400 : 5;
const steps = 160;
/** Runs in which a mutant has to be noticed. */
const tries = 80;

describe('backups under any interleaving', () => {
  let world: World;
  beforeAll(async () => {
    world = { db: await openPglite({ snapshot }), clock: manualClock() };
  });
  afterAll(() => world.db.close());

  it(`loses nothing, leaks nothing, counts right (seeds ${first} to ${first + runs - 1})`, { timeout: soak ? 3_600_000 : 60_000 }, async () => {
    let [commits, crashes] = [0, 0];
    for (let seed = first; seed < first + runs; seed += 1) {
      const done = await run(world, seed, steps);
      commits += done.commits;
      crashes += done.crashes;
    }
    // The runs are worth something only when things happen in them.
    expect(commits).toBeGreaterThan(runs);
    expect(crashes).toBeGreaterThan(0);
  });

  const broken = (seed: number, mutant: Mutant) =>
    run(world, seed, steps, mutant).then(
      () => false,
      (error: unknown) => error instanceof Broken || Promise.reject(error),
    );

  it.each(Object.entries(mutants))('is noticed when a server %s', { timeout: 120_000 }, async (name, mutant) => {
    let seed = seeds[name] ?? 1;
    const last = seed + tries;
    while (seed < last && !(await broken(seed, mutant))) seed += 1;
    expect(seed).toBeLessThan(last);
  });
});
