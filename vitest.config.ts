import { defineConfig } from 'vitest/config';

/** Every test of the workspace runs in Node; browsers are driven from there. `tests/report.ts` prints the closing line. */
export default defineConfig({
  test: {
    include: ['{shared,cloud,desktop}/src/**/*.test.{ts,tsx}', 'infra/**/*.test.ts', 'tests/**/*.test.ts'],
    environment: 'node',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A loaded machine may need seconds for what takes milliseconds elsewhere; the default of one second is no bound of ours.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
