/**
 * Reads vitest's JSON report and prints `N passed, N failed` as the last line. A test that was skipped, a file that
 * could not be loaded and a run that failed by other means count as failed.
 *
 *     node scripts/test-summary.mjs REPORT STATUS     STATUS: exit code of the test command
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [report = '', status = '1'] = process.argv.slice(2);

/** Passed tests, and a line for each thing that counts as failed. */
function count() {
  let files;
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    return { passed: 0, failures: [`there is no report: ${error.message}`] };
  }
  const tests = files.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
  const failures = [
    ...tests
      .filter((test) => test.status !== 'passed')
      .map(
        (test) =>
          `${test.status === 'failed' ? 'failed' : `not run (${test.status})`}: ${test.file}: ${test.fullName}`,
      ),
    ...files
      .filter(
        (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status === 'passed'),
      )
      .map((file) => `failed as a whole: ${file.name}: ${file.message}`),
  ];
  const passed = tests.filter((test) => test.status === 'passed').length;
  if (passed === 0 && failures.length === 0) failures.push('no test was run');
  if (failures.length === 0 && status !== '0')
    failures.push(`the test command ended with exit code ${status}`);
  return { passed, failures };
}

const { passed, failures } = count();
for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
