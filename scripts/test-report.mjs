/**
 * A reporter for vitest that appends a line of JSON to the file LUNSMITH_TEST_REPORT when a test file begins and when it
 * has ended, so that a run that was cut off still tells what it did. Read by test-summary.mjs.
 */
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';

export default class TestReport {
  onTestModuleStart(module) {
    write({ began: nameOf(module) });
  }

  onTestModuleEnd(module) {
    const tests = [...module.children.allTests()].map((test) => ({
      name: test.fullName,
      state: test.result().state,
      seconds: seconds(test.diagnostic()?.duration),
      errors: (test.result().errors ?? []).map(told),
    }));
    write({
      ended: nameOf(module),
      // Hooks too, where much of a test is done.
      seconds: seconds(module.diagnostic().duration),
      processorSeconds: module.meta().processorSeconds,
      tests,
      errors: [
        ...module.errors(),
        ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
      ].map(told),
    });
  }

  onTestRunEnd(_modules, errors) {
    write({ errors: errors.map(told) });
  }
}

/** Path relative to the project's root. */
function nameOf({ moduleId }) {
  return relative('.', moduleId);
}

/** An error as it tells of itself: one of ours with what it found and the last lines of the command, see base/failure.ts. */
function told({ message, diagnostics = [], command }) {
  const found = diagnostics.flatMap(({ expected, found }) => [
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...(found === undefined ? [] : [`found: ${found}`]),
  ]);
  return [message, ...found, ...(command?.lastLines ?? [])].join('\n    ');
}

function seconds(milliseconds = 0) {
  return Math.round(milliseconds) / 1000;
}

function write(line) {
  appendFileSync(process.env.LUNSMITH_TEST_REPORT, `${JSON.stringify(line)}\n`);
}
