import { describe, expect, it } from 'vitest';
import type { FailureRecord } from '../../base/failure.js';
import { renderFailure } from '../../cli/render/failure.js';
import { ansiStyle, plainStyle } from '../../cli/render/style.js';

function text(failure: FailureRecord): string[] {
  return renderFailure(failure, { style: plainStyle, cwd: '/home/u' });
}

describe('a failure as text', () => {
  it('underlines what is wrong in a recipe, with its path from here', () => {
    const place = {
      file: '/home/u/r/recipe.yaml',
      line: 7,
      column: 11,
      text: '  with: { suit: bookworm }',
      length: 4,
    };
    const found = {
      what: 'Unknown key `suit`.',
      place,
      expected: 'one of suite, mirror',
      hint: 'Did you mean `suite`?',
    };
    const second = {
      what: 'No step makes the LUN image.',
      place: { file: '/srv/r/recipe.yaml', line: 1, column: 1 },
    };
    expect(text({ kind: 'recipe', diagnostics: [found, second] })).toEqual([
      'r/recipe.yaml:7:11 Unknown key `suit`.',
      '  with: { suit: bookworm }',
      '          ^^^^',
      '  Expected: one of suite, mirror',
      '  Hint: Did you mean `suite`?',
      '',
      '/srv/r/recipe.yaml:1:1 No step makes the LUN image.',
    ]);
  });

  it('tells expected and found where there is no place', () => {
    const diagnostics = [{ what: 'The root does not fit.', expected: 'at least 800 MiB', found: '512 MiB' }];
    expect(text({ kind: 'recipe', diagnostics })).toEqual([
      'error: The root does not fit.',
      '  Expected: at least 800 MiB',
      '  Found: 512 MiB',
    ]);
  });

  it('shows the command as it can be typed, and only its last lines', () => {
    const lastLines = Array.from({ length: 20 }, (_, n) => `line ${n}`);
    const argv = ['mke2fs', '-L', "it's a root", '-E', 'offset=1048576,root_owner=0:0', 'disk.img', ''];
    const failure: FailureRecord = {
      kind: 'tool',
      diagnostics: [{ what: 'Could not create the ext4 file system.', found: 'mke2fs: exit code 1' }],
      step: 'image',
      command: { argv, exitCode: 1, lastLines },
      log: '/home/u/.cache/lunsmith/logs/r/1.log',
    };
    expect(text(failure)).toEqual([
      'error: Could not create the ext4 file system.',
      '  Found: mke2fs: exit code 1',
      '  Step: image',
      "  Command: mke2fs -L 'it'\\''s a root' -E offset=1048576,root_owner=0:0 disk.img ''",
      '  Its last lines:',
      ...lastLines.slice(5).map((line) => `    | ${line}`),
      '  Log: .cache/lunsmith/logs/r/1.log',
    ]);
  });

  it('lets no tool steer the terminal', () => {
    const command = {
      argv: ['t'],
      lastLines: ['50 %\r100 %\r', '\u001b[2J\u001b]0;title\u0007bell\u0007\u001bc'],
    };
    expect(text({ kind: 'tool', diagnostics: [{ what: 'It failed.' }], command }).slice(3)).toEqual([
      '    | 100 %',
      '    | bell',
    ]);
  });

  it('says nothing of lines where a command printed none', () => {
    const command = { argv: ['true'], lastLines: [] };
    expect(text({ kind: 'tool', diagnostics: [{ what: 'It failed.' }], command })).toEqual([
      'error: It failed.',
      '  Command: true',
    ]);
  });

  it('shows all lines of a defect', () => {
    const diagnostics = [{ what: 'TypeError: x\n    at y', hint: 'Please report it.' }];
    expect(text({ kind: 'internal', diagnostics })).toEqual([
      'error: TypeError: x',
      '    at y',
      '  Hint: Please report it.',
    ]);
  });

  it('colours the sentence, the marks and the names of fields', () => {
    const place = { file: 'r.yaml', line: 1, column: 1, text: 'nmae: x', length: 4 };
    const failure: FailureRecord = {
      kind: 'recipe',
      diagnostics: [{ what: 'Unknown key.', place, hint: 'Write `name`.' }],
    };
    expect(renderFailure(failure, { style: ansiStyle, cwd: '/' })).toEqual([
      '\u001b[1m\u001b[31mr.yaml:1:1 Unknown key.\u001b[39m\u001b[22m',
      'nmae: x',
      '\u001b[31m^^^^\u001b[39m',
      '\u001b[2m  Hint:\u001b[22m Write `name`.',
    ]);
  });
});
