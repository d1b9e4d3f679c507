/** Where two manifests differ, value by value. */
import type { Manifest } from '../manifest.js';
import type { Difference } from './difference.js';

/** Artifacts are left out: their digests and sizes follow from the files. */
export function compareManifests(
  { artifacts: _a, ...a }: Manifest,
  { artifacts: _b, ...b }: Manifest,
): Difference[] {
  return [...differences(a, b, '')];
}

function* differences(a: unknown, b: unknown, part: string): Generator<Difference> {
  if (isCompound(a) && isCompound(b)) {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    for (const key of Array.isArray(a) ? keys : keys.sort()) {
      const name = Array.isArray(a) ? `${part}[${key}]` : part === '' ? key : `${part}.${key}`;
      yield* differences(left[key], right[key], name);
    }
    return;
  }
  const [expected, found] = [a, b].map((value) => JSON.stringify(value) ?? 'nothing');
  if (expected === found) return;
  yield { file: 'manifest.json', part, expected: expected as string, found: found as string };
}

function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
