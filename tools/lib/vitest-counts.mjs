import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that writes what tools/test.mjs adds up: counts, the failed tests with what they said, and the skipped ones
 * with the reason they gave (`ctx.skip('needs …')`). LOGOS_TEST_COUNTS names the file.
 */
export default class Counts {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: 0, skipped: [], failures: [] };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state, note, errors } = test.result();
        const name = `${module.relativeModuleId ?? module.moduleId} › ${test.fullName}`;
        if (state === 'passed') counts.passed += 1;
        else if (state === 'failed') counts.failures.push(`${name}: ${why(errors)}`);
        else counts.skipped.push({ name, reason: note ?? 'no reason given' });
      }
      // A file that can't be loaded, or a hook that fails, has no test to count.
      for (const error of module.errors()) counts.failures.push(`${module.relativeModuleId}: ${error.message}`);
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors()) counts.failures.push(`${suite.fullName}: ${error.message}`);
      }
    }
    for (const error of unhandledErrors) counts.failures.push(`unhandled: ${error.message}`);
    counts.failed = counts.failures.length;
    if (process.env.LOGOS_TEST_COUNTS) writeFileSync(process.env.LOGOS_TEST_COUNTS, JSON.stringify(counts));
  }
}

/** In the summary's one line, since whoever reads it may have its end only. */
function why(errors = []) {
  return errors.map(({ message = '' }) => message.replace(/\s+/g, ' ').slice(0, 400)).join(' | ');
}
