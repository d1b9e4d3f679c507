/** What the shells offer by the scripts of `lunsmith completion`, asked of the shells themselves. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCommandLine } from '../../cli/command-line.js';
import { pipes } from './fake-terminal.js';

let folder: string;
const at = (shell: string) => join(folder, shell);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const terminal = pipes();
    const code = await createCommandLine(terminal, new AbortController().signal).run(['completion', shell]);
    expect([code, terminal.err()]).toEqual([0, '']);
    await writeFile(at(shell), terminal.out());
  }
});
afterAll(() => rm(folder, { recursive: true }));

function ask(shell: string, script: string): string[] {
  // Nothing of what the machine's own shells read when they start.
  const env = { PATH: process.env['PATH'], HOME: folder };
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { encoding: 'utf8', cwd: folder, env });
  expect(stderr).toBe('');
  return stdout.split(/\s+/).filter((word) => word !== '');
}

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');
/** As the shell calls a function for the last of these words. */
const inBash = (words: readonly string[]) =>
  ask(
    'bash',
    `source '${at('bash')}'; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _lunsmith; echo "\${COMPREPLY[@]}"`,
  );
const inFish = (words: readonly string[]) =>
  ask('fish', `source '${at('fish')}'; complete -C '${words.join(' ')}' | string split -f1 \\t`);

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['lunsmith in', ['inspect', 'init']],
  ['lunsmith client re', ['reset', 'rebase', 'restore']],
  ['lunsmith prove out/x/latest --accel ', ['auto', 'kvm', 'tcg']],
  ['lunsmith client add --dry', ['--dry-run']],
  ['lunsmith --plain client ro', ['rotate']],
  ['lunsmith release ls nothing-of-ours', []],
];

describe('bash', () => {
  it.each(TABLE)('%s', (line, expected) => {
    expect(inBash(line.split(' ')).sort()).toEqual([...expected].sort());
  });
});

describe('fish', () => {
  it.each(TABLE)('%s', (line, expected) => {
    expect(inFish(line.split(' ')).sort()).toEqual([...expected].sort());
  });
});

it('zsh takes the script of bash', () => {
  const script = `autoload -U +X compinit && compinit -D -u; source '${at('zsh')}'; print -r -- \${_comps[lunsmith]}`;
  expect(ask('zsh', script)).toEqual(['_bash_complete', '-o', 'default', '-F', '_lunsmith']);
});

it('knows no other shell', async () => {
  const terminal = pipes();
  const code = await createCommandLine(terminal, new AbortController().signal).run(['completion', 'csh']);
  expect(code).toBe(2);
  expect(terminal.err()).toContain('bash, zsh, fish');
});
