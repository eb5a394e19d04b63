import type { Reporter, TestModule } from 'vitest/node';

/** Ends every run with one plain line of counts, and names before it each skipped test with its reason, and each that passed only at the second try. */
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]) {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (tests.length === 0 && module.errors().length > 0) counts.failed += 1;
      for (const test of tests) {
        const result = test.result();
        if (test.diagnostic()?.flaky) process.stdout.write(`passed only at the second try: ${test.fullName}\n`);
        if (result.state === 'pending' || result.state === 'skipped') {
          counts.skipped += 1;
          const note = 'note' in result ? result.note : undefined;
          process.stdout.write(`skipped: ${test.fullName} (${note ?? 'no reason given'})\n`);
        } else counts[result.state] += 1;
      }
      const broken = module.errors().length > 0 && tests.every((test) => test.result().state !== 'failed') && tests.length > 0;
      if (broken) counts.failed += 1;
    }
    // The closing line comes last, after vitest's own summary.
    process.once('exit', () => process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`));
  }
}
