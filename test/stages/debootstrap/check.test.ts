import { expect, it } from 'vitest';
import { vendorFindings } from '../../../stages/debootstrap/check.js';

const UBUNTU = 'http://mirror.example.org/ubuntu';
const asked = (suite: string, mirror?: string) => ({
  suite,
  mirror,
  components: ['main'] as const,
  repositories: [],
  tool: 'mmdebstrap' as const,
  variant: 'minbase' as const,
  documentation: true,
});

it.each([
  ['noble', `${UBUNTU}-ports/`, 'amd64', 'an archive whose path ends in `/ubuntu`'],
  ['noble', UBUNTU, 'arm64', 'one of its ports, whose path ends in `/ubuntu-ports`'],
] as const)('%s at %s does not have %s', (suite, mirror, architecture, expected) => {
  expect(vendorFindings(asked(suite, mirror), { architecture })).toEqual([
    {
      path: ['mirror'],
      what: `Ubuntu keeps ${architecture} in another archive than ${new URL(mirror).pathname}.`,
      expected,
      warning: true,
    },
  ]);
});

it.each([
  ['noble', UBUNTU, 'amd64'],
  ['noble', `${UBUNTU}-ports`, 'arm64'],
  // The bootstrap tool knows both.
  ['noble', undefined, 'arm64'],
  // A mirror of one's own may have both under another name.
  ['noble', 'http://mirror.example.org/packages', 'arm64'],
  ['bookworm', 'http://mirror.example.org/debian-ports', 'amd64'],
] as const)('%s at %s may have %s', (suite, mirror, architecture) => {
  expect(vendorFindings(asked(suite, mirror), { architecture })).toEqual([]);
});
