import { execa } from 'execa';
import { expect, it } from 'vitest';
import { lunsmith, MAIN } from '../util/cli.js';

it('ends with the exit code of the failure', async () => {
  const { exitCode, stdout, stderr } = await lunsmith(['check', 'no-such-folder']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
  expect(stderr.startsWith('error: There is no folder ')).toBe(true);
});

it('is a program of its own', async () => {
  const { stdout } = await execa(MAIN, ['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
});

it('says nothing when the reader of its output has gone', async () => {
  const script = '{ "$0" "$1" --help; echo "exit code $?" >&2; } | true';
  // Not bash, which takes a socket at its input for a remote login and reads the user's own files (bash(1), INVOCATION).
  const { stderr } = await execa('sh', ['-c', script, process.execPath, MAIN]);
  expect(stderr).toMatch(/^exit code (?:0|130)$/);
});
