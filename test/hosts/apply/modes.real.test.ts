/** Modes on a target host: those that servers and secrets need, whatever the umask, and made so again by repair. */
import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { applyChange, repair } from '../../../hosts/apply.js';
import { publishRelease } from '../../../hosts/publish.js';
import { builtRelease, publishOptions } from '../../util/built-release.js';
import { hostRig } from '../../util/host-rig.js';
import { clientFacts } from '../../util/hosts.js';
import { wellHost } from '../doctor/well-host.js';

const umask = process.umask(0o022);
process.umask(umask);
afterEach(() => process.umask(umask));

/** Modes of all below a folder, by path; links have none. */
async function modesOf(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  const modes = await Promise.all(
    [root, ...paths].map(async (path) => {
      const mode = ((await stat(path)).mode & 0o777).toString(8);
      return [path.slice(root.length + 1) || '.', mode] as const;
    }),
  );
  return Object.fromEntries(modes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What a host has after a release was published and promoted, a client came, and its secret was changed. */
async function modesUnder(mask: number): Promise<Record<string, string>> {
  await using rig = await hostRig(() => ({
    dhcp: { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' },
  }));
  await rm(rig.root, { recursive: true });
  const release = await builtRelease(rig, 'v3', true);
  const act = (intent: Parameters<typeof applyChange>[1]) =>
    applyChange(rig.host, intent, rig.options, rig.ports);
  process.umask(mask);
  await publishRelease(rig.host, release, publishOptions(rig), rig.ports);
  await act({ kind: 'promote', channel: 'stable', release: release.digest });
  await act({ kind: 'add', client: clientFacts(1) });
  await act({ kind: 'rotate', client: clientFacts(1) });
  process.umask(umask);
  return await modesOf(rig.root);
}

it('do not follow the umask', async () => {
  const usual = await modesUnder(0o022);
  expect(usual).toMatchObject({
    '.': '755',
    conf: '755',
    'conf/targets.conf': '600',
    'conf/dhcpd.conf': '644',
    secrets: '700',
    'secrets/web1': '600',
    'states/3/http/clients/web1': '755',
    'states/3/http/clients/web1/account.ipxe': '600',
    tftp: '755',
  });
  const proofs = Object.entries(usual).filter(([path]) => path.includes('/proofs'));
  expect(proofs.map(([, mode]) => mode)).toEqual(['755', '644']);
  expect(await modesUnder(0o077)).toEqual(usual);
  expect(await modesUnder(0o000)).toEqual(usual);
});

describe('of a host', () => {
  const host = wellHost();

  it.each([
    ['tftp', 0o700, 'A folder is closed to the servers that read from it.'],
    ['tftp/pxelinux.cfg', 0o700, 'A folder is closed to the servers that read from it.'],
    ['conf', 0o700, 'A folder is closed to the servers that read from it.'],
    ['.', 0o700, 'A folder is closed to the servers that read from it.', '711'],
    ['states/3/http/clients', 0o700, 'A folder is closed to the servers that read from it.'],
    ['releases/V1/proofs', 0o777, 'Everybody on the host may change a folder.', '775'],
    ['secrets', 0o755, 'A folder with secrets is open to others.'],
  ])('are told of, and mended: %s %i', async (path, mode, what, mended?: string) => {
    const where = host.at(path.replace('V1', host.rig.releases.v1.digest));
    const before = await modesOf(host.rig.root);
    await chmod(where, mode);
    expect(await host.found()).toMatchObject([
      { level: 'error', what, where, hint: 'Run: npx lunsmith repair --on san1' },
    ]);
    await repair(host.rig.host, host.options, host.rig.ports);
    expect(await host.found()).toEqual([]);
    const after = await modesOf(host.rig.root);
    const relative = where.slice(host.rig.root.length + 1) || '.';
    expect(after).toEqual({ ...before, ...(mended === undefined ? {} : { [relative]: mended }) });
  });

  it('and all else that doctor finds in what follows from the state', async () => {
    const before = await modesOf(host.rig.root);
    await chmod(host.at('secrets/web1'), 0o644);
    await chmod(host.at('conf/targets.conf'), 0o644);
    await chmod(host.at('states/3/http/clients/web1/account.ipxe'), 0o644);
    await chmod(host.web1.disk, 0o666);
    await writeFile(host.at('states/3/http/clients/web1/boot.ipxe'), '#!ipxe\nexit\n');
    await rm(host.at('states/3/http/clients/by-mac/52-54-00-00-00-01.ipxe'));
    await writeFile(host.at('states/3/http/theirs'), '');
    await rm(host.at('http'));
    await rm(host.at('tftp/snponly.efi'));
    expect((await host.found()).length).toBeGreaterThan(7);
    await repair(host.rig.host, host.options, host.rig.ports);
    expect(await host.found()).toEqual([]);
    expect(await modesOf(host.rig.root)).toEqual(before);
  });
});
