import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../../base/digest.js';
import { describeChange, explainMiss } from '../../../../pipeline/plan/keys/explain.js';
import type { StepInputs } from '../../../../pipeline/plan/keys/fingerprint.js';
import { INPUTS } from '../../../util/step-record.js';

const NEW = 'f'.repeat(64);

function lines(old: Partial<StepInputs>, now: Partial<StepInputs>): string[] {
  return explainMiss({ ...INPUTS, ...old }, { ...INPUTS, ...now }).map(describeChange);
}

describe('why a step has to run', () => {
  it.each<[string, Partial<StepInputs>, Partial<StepInputs>, readonly string[]]>([
    ['nothing', {}, {}, []],
    [
      'an option that changed',
      { options: { lang: 'C.UTF-8' } },
      { options: { lang: 'en_US.UTF-8' } },
      ['options.lang: "C.UTF-8" -> "en_US.UTF-8"'],
    ],
    [
      'options of other kinds',
      { options: { recommends: false, level: 3, uid: null } },
      { options: { recommends: true, level: 9, uid: 5 } },
      ['options.level: 3 -> 9', 'options.recommends: false -> true', 'options.uid: null -> 5'],
    ],
    [
      'a list that grew',
      { options: { install: ['vim'] } },
      { options: { install: ['vim', 'less'] } },
      ['options.install[1]: absent -> "less"'],
    ],
    [
      'a list that shrank at its beginning',
      { options: { install: ['vim', 'less'] } },
      { options: { install: ['less'] } },
      ['options.install[0]: "vim" -> "less"', 'options.install[1]: "less" -> absent'],
    ],
    [
      'a map in a list',
      { options: { users: [{ name: 'a', groups: [] }] } },
      { options: { users: [{ name: 'a', groups: ['sudo'] }] } },
      ['options.users[0].groups[0]: absent -> "sudo"'],
    ],
    [
      'an option that is new, and one that is gone',
      { options: { old: 'x' } },
      { options: { new: 'y' } },
      ['options.new: absent -> "y"', 'options.old: "x" -> absent'],
    ],
    [
      'a package',
      { packages: { 'libc6:amd64': `2.36-9 sha256 ${'0'.repeat(64)}` } },
      { packages: { 'libc6:amd64': `2.36-10 sha256 ${NEW}`, 'vim:amd64': `9.0 sha256 ${NEW}` } },
      [
        'packages.libc6:amd64: "2.36-9 sha256 000000000000…" -> "2.36-10 sha256 ffffffffffff…"',
        'packages.vim:amd64: absent -> "9.0 sha256 ffffffffffff…"',
      ],
    ],
    [
      'code, a file and a secret by their first digits',
      { files: { 'etc/motd': '1'.repeat(64) }, secrets: { 'env:HASH': '2'.repeat(64) } },
      { code: NEW, files: { 'etc/motd': NEW }, secrets: { 'env:HASH': NEW } },
      [
        'code: "cccccccccccc…" -> "ffffffffffff…"',
        'files.etc/motd: "111111111111…" -> "ffffffffffff…"',
        'secrets.env:HASH: "222222222222…" -> "ffffffffffff…"',
      ],
    ],
    [
      'a tool, surroundings and facts',
      { tools: { mtools: '4.0.33' }, surroundings: { 'sources.list': 'deb a' } },
      {
        tools: { mtools: '4.0.40' },
        surroundings: { 'sources.list': 'deb b\n' },
        facts: { architecture: 'arm64', epoch: 5, kernel: { commandLine: ['quiet'] } },
      },
      [
        'facts.architecture: "amd64" -> "arm64"',
        'facts.epoch: 0 -> 5',
        'facts.kernel.commandLine[0]: absent -> "quiet"',
        'surroundings.sources.list: "deb a" -> "deb b\\n"',
        'tools.mtools: "4.0.33" -> "4.0.40"',
      ],
    ],
    [
      'the step below, when nothing else differs',
      { below: 'a'.repeat(64) },
      { below: 'b'.repeat(64) },
      ['below: "aaaaaaaaaaaa…" -> "bbbbbbbbbbbb…"'],
    ],
    [
      'not the step below, when something else differs',
      { below: 'a'.repeat(64), options: { a: 1 } },
      { below: 'b'.repeat(64), options: { a: 2 } },
      ['options.a: 1 -> 2'],
    ],
    [
      'a long value, cut',
      { options: { script: 'short' } },
      { options: { script: `set -e\n${'x'.repeat(200)}` } },
      [`options.script: "short" -> "set -e\\n${'x'.repeat(70)}…`],
    ],
    [
      'a value of the greatest length, whole',
      { options: { script: 'x'.repeat(78) } },
      { options: { script: 'y'.repeat(79) } },
      [`options.script: "${'x'.repeat(78)}" -> "${'y'.repeat(78)}…`],
    ],
  ])('%s', (_, old, now, expected) => {
    expect(lines(old, now)).toEqual(expected);
  });

  it('is something whenever two values differ, and nothing when they do not', () => {
    const scalar = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.boolean(), fc.constant(null));
    // Without empty lists and maps, which a change fills or empties.
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        scalar,
        fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 2 }), tie('any'), { minKeys: 1, maxKeys: 3 }),
      ),
    })).any;
    const property = fc.property(value, value, (old, now) => {
      const same = canonicalJson(old) === canonicalJson(now);
      expect(lines({ options: { it: old } }, { options: { it: now } }).length === 0).toBe(same);
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });
});
