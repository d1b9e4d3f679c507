import { expect, it } from 'vitest';
import { checkPrograms, needsOf } from '../../../hosts/boot-files/needs.js';
import { failureOf } from '../../artifacts/formats/tools.js';
import { DB1, HOST, WEB1 } from '../boot-host.js';

/** What only the features of a program are read of. */
const program = (name: string, features: readonly string[]) => ({
  name,
  bytes: Buffer.from(`MZ\0iSCSI\0${features.map((feature) => `${feature}\0`).join('')}`),
});
const binaries = (features: readonly string[]) => ({
  version: '1.21.1',
  files: ['undionly.kpxe', 'snponly.efi', 'ipxe.lkrn', 'pxelinux.0'].map((name) => program(name, features)),
});
const host = (url: string) => ({ ...HOST, http: { url } });

it('nothing but what every iPXE has is needed of a plain site', () => {
  expect(needsOf(host('http://10.77.0.1:8080'), [WEB1])).toEqual([]);
  checkPrograms(host('http://10.77.0.1'), [WEB1], binaries([]));
});

it('what the site asks for and no program can do is refused, all of it at once', () => {
  const failure = failureOf(() =>
    checkPrograms(host('https://san1.example.org'), [WEB1, DB1], binaries(['HTTP'])),
  );
  expect(failure.kind).toBe('usage');
  expect(failure.diagnostics).toEqual([
    {
      what: 'The iPXE of san1 was built without HTTPS: `http.url` of san1 is https://san1.example.org.',
      expected: 'HTTPS among the features of undionly.kpxe, snponly.efi, ipxe.lkrn',
      found: 'HTTP, iSCSI in the package ipxe 1.21.1',
      hint: 'Serve these files by http:// and keep that network to the clients, or install an iPXE that was built with it.',
    },
    expect.objectContaining({
      what: 'The iPXE of san1 was built without DNS: `http.url` of san1 has the name san1.example.org.',
    }),
    expect.objectContaining({
      what: 'The iPXE of san1 was built without Menu: db1 has 2 images and a menu.',
      hint: 'Give db1 `menu-seconds: 0`, or one image.',
    }),
  ]);
});

it('what the programs can do is taken', () => {
  checkPrograms(host('https://san1.example.org'), [DB1], binaries(['HTTP', 'HTTPS', 'DNS', 'Menu']));
  const quiet = { ...DB1, menuSeconds: 0 };
  checkPrograms(HOST, [quiet], binaries([]));
});
