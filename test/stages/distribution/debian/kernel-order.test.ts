import { expect, it } from 'vitest';
import { compareReleases } from '../../../../stages/distribution/debian/kernel-order.js';

it('is that of linux-version(1)', () => {
  // As `linux-version sort` of linux-base 4.9 prints them.
  const sorted = [
    '6.1-rc8-amd64',
    '6.1.0-9-amd64',
    '6.1.0-10-amd64',
    '6.1.0-10-cloud-amd64',
    '6.1.0-50-amd64',
    '6.12.9+bpo-amd64',
    '6.12.38+deb12-amd64',
    '6.12.38+deb13-amd64',
    '7.2-rc1-amd64',
    '7.2-amd64',
  ];
  for (let shift = 0; shift < sorted.length; shift++) {
    const turned = [...sorted.slice(shift), ...sorted.slice(0, shift)];
    expect(turned.sort(compareReleases)).toEqual(sorted);
    expect(turned.reverse().sort(compareReleases)).toEqual(sorted);
  }
  expect(compareReleases('6.1', '6.1')).toBe(0);
});
