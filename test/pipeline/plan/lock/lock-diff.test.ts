import { describe, expect, it } from 'vitest';
import { lockLines } from '../../../../cli/render/lock.js';
import { plainStyle } from '../../../../cli/render/style.js';
import type { Lock } from '../../../../pipeline/plan/lock/lock.js';
import { diffLocks } from '../../../../pipeline/plan/lock/lock-diff.js';
import type { LockedPackage } from '../../../../pipeline/plan/package-set.js';

const one = (name: string, version: string, bytes: number, architecture = 'amd64'): LockedPackage => ({
  name,
  version,
  architecture,
  bytes,
  sha256: `${name}${version}${architecture}`,
  archive: 'main',
  path: 'pool/x.deb',
});
const lock = (date: string, base: LockedPackage[], more: LockedPackage[]): Lock => ({
  format: 'lunsmith-lock/1',
  architecture: 'amd64',
  indexes: [
    { archive: 'main', suite: 'bookworm', date: '2026-01-01T00:00:00Z', sha256: 'same' },
    { archive: 'security', suite: 'bookworm-security', date, sha256: date },
  ],
  steps: [
    { step: 'debootstrap', request: '', packages: base },
    { step: 'packages', request: '', packages: more },
  ],
});

const OLD = lock(
  '2026-01-10T09:32:00Z',
  [one('libc6', '2', 1000), one('base', '1', 10)],
  [one('server', '1', 5000), one('old', '1', 70), one('libc6', '2', 900, 'arm64')],
);
const NEW = lock(
  '2026-02-11T10:00:00Z',
  [one('libc6', '3', 1500), one('base', '1', 10)],
  [one('server', '2', 4000), one('lib', '1', 300, 'all'), one('libc6', '2', 900, 'arm64')],
);
const REASONS = { libc6: 'dependency of base', lib: 'dependency of server' };

describe('two locks', () => {
  it('differ in packages and in indexes', () => {
    expect(diffLocks(OLD, NEW, REASONS)).toEqual({
      packages: [
        { name: 'lib', step: 'packages', to: '1', bytes: 300, reason: 'dependency of server' },
        { name: 'libc6', step: 'debootstrap', from: '2', to: '3', bytes: 500, reason: 'dependency of base' },
        { name: 'old', step: 'packages', from: '1', bytes: -70, reason: 'no longer needed by packages' },
        {
          name: 'server',
          step: 'packages',
          from: '1',
          to: '2',
          bytes: -1000,
          reason: 'asked for by packages',
        },
      ],
      indexes: [
        {
          archive: 'security',
          suite: 'bookworm-security',
          from: '2026-01-10T09:32:00Z',
          to: '2026-02-11T10:00:00Z',
        },
      ],
    });
  });

  it('are the same', () => {
    expect(diffLocks(OLD, OLD)).toEqual({ packages: [], indexes: [] });
  });

  it('differ in the step that brings a package, and in its file', () => {
    const moved = lock(
      '2026-01-10T09:32:00Z',
      [one('libc6', '2', 1000)],
      [
        one('base', '1', 10),
        { ...one('server', '1', 5000), sha256: 'rebuilt' },
        one('old', '1', 70),
        one('libc6', '2', 900, 'arm64'),
      ],
    );
    expect(diffLocks(OLD, moved).packages.map(({ name, step, from, to }) => [name, step, from, to])).toEqual([
      ['base', 'packages', '1', '1'],
      ['server', 'packages', '1', '1'],
    ]);
  });
});

describe('what is told of a lock', () => {
  const about = { recipe: 'demo', file: 'r/recipe.lock' };
  it('that was written first', () => {
    expect(lockLines({ ...about, lock: OLD, did: 'written' }, plainStyle)).toEqual([
      'demo: wrote r/recipe.lock (5 packages, 6.98 kB)',
      '  main bookworm               2026-01-01 00:00',
      '  security bookworm-security  2026-01-10 09:32',
    ]);
  });
  it('that stays', () => {
    expect(lockLines({ ...about, lock: OLD, did: 'kept' }, plainStyle)).toEqual([
      'demo: r/recipe.lock fits the recipe and stays as it is (5 packages, 6.98 kB; --update resolves anew)',
    ]);
  });
  it('that changed', () => {
    const diff = diffLocks(OLD, NEW, REASONS);
    expect(lockLines({ ...about, lock: NEW, did: 'written', diff }, plainStyle)).toEqual([
      'demo: wrote r/recipe.lock (5 packages, 6.71 kB): 2 changed, 1 new, 1 gone, -270 B',
      '  + lib     1       +300 B    dependency of server',
      '  ~ libc6   2 -> 3  +500 B    dependency of base',
      '  - old     1       -70 B     no longer needed by packages',
      '  ~ server  1 -> 2  -1.00 kB  asked for by packages',
      '  security bookworm-security  2026-01-10 09:32 -> 2026-02-11 10:00',
    ]);
  });
  it('whose packages were built anew', () => {
    const rebuilt = lock(
      '2026-01-10T09:32:00Z',
      [{ ...one('libc6', '2', 1000), sha256: 'x' }, one('base', '1', 10)],
      [...(OLD.steps[1]?.packages ?? [])],
    );
    const diff = diffLocks(OLD, rebuilt);
    expect(lockLines({ ...about, lock: rebuilt, did: 'written', diff }, plainStyle)[1]).toBe(
      '  ~ libc6  2 (another file)    asked for by debootstrap',
    );
  });
  it('that has the same packages', () => {
    const same = { ...about, lock: OLD, did: 'written', diff: diffLocks(OLD, OLD) } as const;
    expect(lockLines(same, plainStyle)).toEqual([
      'demo: wrote r/recipe.lock, with the same packages (5 packages, 6.98 kB)',
    ]);
  });
});
