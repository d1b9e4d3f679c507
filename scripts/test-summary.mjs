/**
 * Reads what test-report.mjs wrote, prints which files and tests took longest, what failed, and `N passed, N failed` as
 * the last line. A test that was not run, a file that could not be loaded or has not ended, and a run that failed by
 * other means count as failed.
 *
 *     node scripts/test-summary.mjs REPORT STATUS     STATUS: exit code of the test command
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Rows of each table. */
const SLOWEST = 20;
/** How timeout(1) tells that it ended the command, by TERM or at last by KILL. */
const CUT_OFF = ['124', '137'];

const [report = '', status = '1'] = process.argv.slice(2);

function read() {
  try {
    const lines = readFileSync(report, 'utf8').split('\n');
    // Of a run that was cut off the last line may not be whole.
    return { lines: lines.slice(0, -1).map((line) => JSON.parse(line)), problems: [] };
  } catch (error) {
    return { lines: [], problems: [`there is no report: ${error.message}`] };
  }
}

/** Passed tests, and a line for each thing that counts as failed. */
function count({ lines, problems }) {
  const ended = lines.filter((line) => line.ended !== undefined);
  const names = new Set(ended.map((file) => file.ended));
  const tests = ended.flatMap((file) => file.tests.map((test) => ({ ...test, file: file.ended })));
  const failures = [
    ...problems,
    ...tests
      .filter(({ state }) => state !== 'passed')
      .map(({ state, file, name, errors }) =>
        [`${state === 'failed' ? 'failed' : `not run (${state})`}: ${file}: ${name}`, ...errors].join(
          '\n    ',
        ),
      ),
    ...ended.flatMap((file) => file.errors.map((error) => `failed as a whole: ${file.ended}: ${error}`)),
    ...lines
      .filter(({ began }) => began !== undefined && !names.has(began))
      .map(({ began }) => `not ended: ${began}`),
    // Of no file.
    ...lines.filter(({ ended, began }) => ended === began).flatMap(({ errors }) => errors),
  ];
  if (CUT_OFF.includes(status)) failures.push('the tests took longer than they may and were ended');
  const passed = tests.filter(({ state }) => state === 'passed').length;
  if (passed === 0 && failures.length === 0) failures.push('no test was run');
  if (failures.length === 0 && status !== '0')
    failures.push(`the test command ended with exit code ${status}`);
  return { passed, failures };
}

/** Tables of the slowest by the wall clock; files run side by side, so that the times do not add up. */
function slowest({ lines }) {
  const files = lines
    .filter((line) => line.ended !== undefined)
    .map((file) => ({ ...file, name: file.ended, columns: [file.seconds, file.processorSeconds] }));
  const tests = files.flatMap((file) =>
    file.tests.map(({ name, seconds }) => ({ name: `${file.name}: ${name}`, seconds, columns: [seconds] })),
  );
  return [
    ...table('Slowest files: seconds, with hooks; of these by processors', files),
    ...table('Slowest tests: seconds, without hooks', tests),
  ];
}

function table(title, rows) {
  const cell = (value) => (value?.toFixed(1) ?? '').padStart(8);
  const shown = rows
    .filter(({ seconds }) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST)
    .map(({ columns, name }) => `${columns.map(cell).join('')}  ${name}`);
  return shown.length === 0 ? [] : [title, ...shown, ''];
}

const what = read();
for (const line of slowest(what)) console.log(line);
const { passed, failures } = count(what);
for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;
