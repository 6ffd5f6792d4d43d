// `node count-tests.mjs <folder of vitest's JSON reports> [failed step…]`: prints `N passed, N failed[, N skipped]` and exits 1
// unless tests ran and nothing failed.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '', ...failedSteps] = process.argv.slice(2);

const count = { passed: 0, failed: 0, skipped: 0 };
let readable = true;
try {
  const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
  if (reports.length === 0) throw new Error(`${folder} is empty`);
  for (const file of reports.flatMap(({ testResults }) => testResults)) {
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed += 1;
      else if (status === 'failed') count.failed += 1;
      else count.skipped += 1; // skipped, todo, pending
    }
    // A file that could not be loaded, or whose hooks failed, has a status and no failed test to show for it.
    const failures = file.assertionResults.filter(
      (/** @type {{status: string}} */ test) => test.status === 'failed',
    );
    if (file.status === 'failed' && failures.length === 0) count.failed += 1;
  }
} catch (error) {
  console.error(`no test report: ${error}`);
  readable = false;
}
// The step `tests` fails whenever a test does, which is counted already.
count.failed += failedSteps.filter((step) => step !== 'tests' || count.failed === 0).length;

console.log(
  `${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`,
);
process.exitCode = readable && count.failed === 0 && count.passed > 0 ? 0 : 1;
