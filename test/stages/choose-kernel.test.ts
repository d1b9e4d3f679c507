import { expect, it } from 'vitest';
import { chooseKernel } from '../../stages/initramfs.js';

const INSTALLED = ['6.1.0-9-amd64', '6.1.0-50-amd64', '6.1.0-50-cloud-amd64', '6.12.9+bpo-amd64'];

it.each([
  [undefined, '6.12.9+bpo-amd64'],
  ['6.1.*', '6.1.0-50-cloud-amd64'],
  ['*-cloud-amd64', '6.1.0-50-cloud-amd64'],
  ['6.1.0-9-amd64', '6.1.0-9-amd64'],
  ['6.12.9+bpo-amd64', '6.12.9+bpo-amd64'],
])('of several kernels %s chooses %s', (wanted, chosen) => {
  expect(chooseKernel(INSTALLED, wanted)).toBe(chosen);
});

it.each(['6.1', '6x1*', '*-rt-amd64'])(
  'no part of a release is enough, and no sign stands for another: %s',
  (wanted) => {
    expect(() => chooseKernel(INSTALLED, wanted)).toThrow(
      `No kernel that is installed fits \`kernel: ${wanted}\`.`,
    );
  },
);
