/**
 * A system of busybox alone: no dpkg, no systemd, no initramfs-tools. Packages of Debian are unpacked and never configured; an
 * initramfs of its own logs in to the target.
 */
import type { Distribution } from '../../../stages/distribution/distribution.js';
import { softwareOf } from '../../../stages/distribution/roles.js';
import { initramfs } from './initramfs.js';
import { packages } from './packages.js';
import { installedPackages } from './unpack.js';

const initramfsPath = '/boot/initramfs';
const kernelPath = '/boot/kernel';

export const busybox: Distribution = {
  id: 'busybox',
  tools: {
    packages: [
      { name: 'apt-get', package: 'apt' },
      { name: 'dpkg-deb', package: 'dpkg' },
    ],
  },
  guard: { files: [], silenced: [], environment: {} },
  software: softwareOf(
    {
      kernel: { packages: ['linux-image-cloud-amd64'] },
      'initramfs-generator': { packages: ['busybox-static'] },
      gzip: { packages: ['busybox-static'] },
      initiator: { packages: ['open-iscsi'] },
    },
    installedPackages,
  ),
  inventory: { isRecord: () => false, packages: () => [] },
  packages,
  locale: {
    generate: () => unknown('locales'),
    setLanguage: () => unknown('languages'),
    setKeyboard: () => unknown('keyboards'),
    noteTimezone: () => Promise.resolve(),
  },
  initiator: { configuration: '/etc/iscsi/iscsid.conf', place: () => Promise.resolve() },
  network: { learned: [], resolved: '/usr/lib/systemd/systemd-resolved' },
  initramfs,
  kernel: {
    boot: { kernel: kernelPath, initramfs: initramfsPath },
    expected: 'as its initramfs step links it',
    async find(tree) {
      const [kernel, image] = [await tree.resolve(kernelPath), await tree.resolve(initramfsPath)];
      if (kernel !== undefined && image !== undefined) return { kernel, initramfs: image };
      throw new Error(`${kernelPath} or ${initramfsPath} is missing`);
    },
  },
  traces: { removed: [], emptied: ['/var/cache'], kept: [] },
  console: {
    signs: () =>
      Promise.resolve({
        login: ' login:',
        signs: {
          kernel: ['busybox-initramfs: begin'],
          'initramfs-login': [
            '*iscsistart: Connection*:0 to [*is operational now',
            'busybox-initramfs: logged in',
          ],
          'root-mount': ['busybox-initramfs: root mounted'],
          'initramfs-refused': [
            '*iscsistart: *authorization failure',
            '*iscsistart: *Login authentication failed',
          ],
          'initramfs-shell': ['busybox-initramfs: no root, here is a shell'],
        },
      }),
  },
};

function unknown(what: string): Promise<never> {
  return Promise.reject(new Error(`busybox knows no ${what}`));
}
