import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/**
 * Ends a run with what it covered: the variants of the binary that ran, each skipped test with its reason, and one last
 * line to count on. A test, or a suite around it, says in its name which variant it runs: `forward [simd]`, which vitest's $name quotes.
 *
 * With REQUIRE_VARIANTS=simd,relaxed a run in which no test of one of them ran fails.
 */
export default class implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map((state) =>
      tests.filter((test) => test.result().state === state),
    ) as [TestCase[], TestCase[], TestCase[]];
    // A file that does not load has no tests, and a failing hook belongs to none: each counts as one failure.
    const errors = unhandled.length + modules.reduce((sum, module) => sum + errorsOutsideTests(module), 0);

    const ran = variants([...passed, ...failed]);
    console.log(`variants: ${ran.join(', ') || 'none'} (Node ${process.versions.node})`);
    for (const test of skipped)
      console.log(`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason(test)}`);

    const required = process.env['REQUIRE_VARIANTS']?.split(',').filter((name) => name !== '') ?? [];
    const missing = required.filter((name) => !ran.includes(name));
    if (missing.length > 0) {
      console.log(`failed: no test of the required variant ${missing.join(', ')} ran`);
      process.exitCode = 1;
    }
    console.log(
      `${passed.length} passed, ${failed.length + errors + missing.length} failed, ${skipped.length} skipped`,
    );
  }
}

function errorsOutsideTests(module: TestModule): number {
  const suites = [...module.children.allSuites()];
  return module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0);
}

function variants(tests: readonly TestCase[]): string[] {
  const tags = tests.flatMap((test) => [
    ...test.fullName.matchAll(/\['?(reference|debug|simd|relaxed)'?\]/g),
  ]);
  return [...new Set(tags.map((tag) => tag[1] as string))].sort();
}

function reason(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  return test.options.mode === 'todo' ? 'not written yet' : 'no reason given';
}
