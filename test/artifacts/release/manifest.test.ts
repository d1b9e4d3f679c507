import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOOT_METHODS } from '../../../artifacts/platform/platform.js';
import { type Manifest, manifestSchema, parseManifest, ROLES } from '../../../artifacts/release/manifest.js';
import { canonicalJson } from '../../../base/digest.js';
import { ARTIFACTS, BOOT, smallManifest, withoutLinux } from '../../util/manifest.js';
import { failureOf } from '../formats/tools.js';

const word = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/);
const path = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
  .filter((each) => each !== 'manifest.json' && !/^proofs(?:\/|$)/.test(each));
const digest = fc.stringMatching(/^(?:sha256|fsverity):[0-9a-f]{64}$/);

/** Any release: some artifacts with one LUN image at most, and boot methods that need some of them. */
const manifests: fc.Arbitrary<Manifest> = fc
  .record({
    artifacts: fc.uniqueArray(fc.record({ role: fc.constantFrom(...ROLES), path, bytes: fc.nat(), digest }), {
      selector: (each) => each.path,
    }),
    methods: fc.subarray([...BOOT_METHODS]),
    linux: fc.boolean(),
    version: fc.option(word, { nil: undefined }),
  })
  .map(({ artifacts, methods, linux, version }) => {
    const image = artifacts.findIndex(({ role }) => role === 'lun-image');
    const kept = artifacts.filter(({ role }, index) => role !== 'lun-image' || index === image);
    const needed = Object.fromEntries(kept.map((each) => [each.role, each.path]));
    const boot = methods.map((method) => ({ method, artifacts: needed }));
    const distribution = { id: 'x', ...(version === undefined ? {} : { version }) };
    const manifest = smallManifest({ artifacts: kept, boot, distribution });
    return linux ? manifest : withoutLinux(manifest);
  });

it('takes every manifest that is one, and gives it back', () => {
  fc.assert(
    fc.property(manifests, (manifest) => {
      const text = canonicalJson(manifest);
      expect(canonicalJson(parseManifest(text, 'it'))).toBe(text);
    }),
  );
});

it('takes no path that leads out of the release, or to what is no artifact', () => {
  const paths = ['', '/', '/etc', '..', '../x', 'a/../b', 'a/./b', './a', 'a//b', 'a/', 'a\nb', 'a\0'];
  for (const each of [...paths, 'manifest.json', 'proofs', 'proofs/bios-san.json']) {
    const artifacts = [{ role: 'other' as const, path: each, bytes: 0, digest: `sha256:${'0'.repeat(64)}` }];
    expect([each, manifestSchema.safeParse(smallManifest({ artifacts })).success]).toEqual([each, false]);
  }
});

const [image] = ARTIFACTS;

describe('refuses a manifest', () => {
  it.each<readonly [string, Partial<Manifest>, string]>([
    [
      'with two artifacts of one path',
      { artifacts: [...ARTIFACTS, ...ARTIFACTS.slice(-1)] },
      'a path that no other artifact has',
    ],
    [
      'with two LUN images',
      { artifacts: [...ARTIFACTS, ...(image === undefined ? [] : [{ ...image, path: 'other.img' }])] },
      'one LUN image at most',
    ],
    [
      'whose boot method needs what is not there',
      { artifacts: ARTIFACTS.filter(({ role }) => role !== 'kernel'), boot: BOOT },
      'the path of an artifact with the role kernel',
    ],
    [
      'whose boot method takes a file for something else',
      { artifacts: ARTIFACTS, boot: [{ method: 'direct', artifacts: { kernel: 'initrd.img' } }] },
      'the path of an artifact with the role kernel',
    ],
    [
      'with a boot method twice',
      { artifacts: ARTIFACTS, boot: [...BOOT, ...BOOT] },
      'a method that no other entry has',
    ],
  ])('%s', (_title, change, message) => {
    const { error } = manifestSchema.safeParse(smallManifest(change));
    expect(error?.issues.map((issue) => issue.message)).toContain(message);
  });
});

it('says of a release of another version what to do', () => {
  const old = { ...smallManifest(), format: 'lunsmith-manifest/1', files: [] };
  const { kind, diagnostics } = failureOf(() => parseManifest(JSON.stringify(old), 'out/tiny/latest'));
  expect([kind, ...diagnostics]).toEqual([
    'integrity',
    {
      what: 'out/tiny/latest is a release of another version of lunsmith.',
      expected: 'a manifest of the format lunsmith-manifest/2',
      found: 'lunsmith-manifest/1',
      hint: 'Build the release again: npx lunsmith build RECIPE --output OUT',
    },
  ]);
});

it.each([
  ['half a text', '{', 'it is no JSON here.', 1],
  ['null', 'null', 'Missing key `format`.', 1],
  ['a number for a format', '\n{"format":2}', 'Unknown value of `format`.', 2],
  [
    'an unknown key',
    JSON.stringify({ system: 'x', ...smallManifest() }, null, 1),
    'Unknown key `system`.',
    2,
  ],
])('says of %s that it is damaged, and where', (_title, text, what, line) => {
  const { kind, diagnostics } = failureOf(() => parseManifest(text, 'it'));
  const [{ place, ...first }] = diagnostics;
  expect([kind, first.what]).toEqual(['integrity', `The manifest of it is damaged: ${what}`]);
  expect([place?.file, place?.line]).toEqual(['it/manifest.json', line]);
});
