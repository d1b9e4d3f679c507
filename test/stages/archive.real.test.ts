/** The bootstrap and apt against archives that work, lie, or are not there. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostSources } from '../../stages/distribution/debian/apt/mirror.js';
import { DEBIAN } from '../../stages/distribution/debian/apt/vendor.js';
import { closedPort, emptyArchive, handingOn, loginPage, type TestArchive } from '../util/archive.js';
import { packageFolders } from '../util/base-tree.js';
import { type SmallArchive, smallArchive } from '../util/small-archive.js';
import { runStages, type StageRig } from '../util/stage-rig.js';

const bootstrap = (options: object = {}) => ({
  uses: 'debootstrap',
  with: { suite: 'bookworm', ...options },
});

async function failureOf(mirror: string | undefined, options: object = {}) {
  await using rig = await runStages([bootstrap(options)], {
    base: 'empty',
    ...(mirror === undefined ? {} : { mirror }),
  });
  const { failure } = rig;
  if (failure === undefined) throw new Error('the bootstrap did not fail');
  return { kind: failure.kind, ...failure.diagnostics[0] };
}

describe('the bootstrap', () => {
  it('says that the connection is refused', async () => {
    const url = await closedPort();
    const { host } = new URL(url);
    expect(await failureOf(url)).toEqual({
      kind: 'network',
      what: `Could not resolve the packages of bookworm: ${url} cannot be reached.`,
      found: `Could not connect to ${host} (127.0.0.1). - connect (111: Connection refused)`,
      hint: `See whether this machine reaches it (\`curl -I ${url}\`), or choose another mirror with \`--mirror URL\`.`,
    });
  });

  it('says that the mirror has no such suite', async () => {
    await using archive = await emptyArchive();
    expect(await failureOf(archive.url)).toMatchObject({
      kind: 'network',
      what: `Could not resolve the packages of bookworm: ${archive.url} has no suite bookworm.`,
    });
  });

  it('trusts nothing without a signature', async () => {
    await using archive = await loginPage();
    expect(await failureOf(archive.url)).toEqual({
      kind: 'signature',
      what: `Could not resolve the packages of bookworm: the release signature of ${archive.url} cannot be trusted.`,
      expected: `an archive that is signed by a key of ${DEBIAN.keyring}`,
      found: "Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)",
      hint:
        'Check that the mirror holds this distribution and that `keyring` names its keys. A proxy or log-in page that ' +
        'answers in the place of the mirror looks the same.',
    });
  });

  it('trusts no key but those of the keyring', async () => {
    const keyring = '/usr/share/keyrings/debian-archive-removed-keys.gpg';
    const failure = await failureOf(undefined, { keyring, pockets: [] });
    expect(failure).toMatchObject({
      kind: 'signature',
      expected: `an archive that is signed by a key of ${keyring}`,
    });
    expect(failure.found).toContain('NO_PUBKEY');
  });
});

/** It is nowhere to be found: not in the image, the store or the events. */
const CANARY = 'canary-2b9d4e77c1';

describe('a mirror for the build alone, which asks for a password, and another archive', () => {
  let archive: TestArchive;
  let vendor: SmallArchive;
  let rig: StageRig;
  beforeAll(async () => {
    archive = await handingOn(`ci:${CANARY}`);
    const { host } = new URL(archive.url);
    vendor = await smallArchive('stable');
    await vendor.publish([
      { name: 'tool', fields: { Depends: 'hostname' } },
      { name: 'hostname', version: '99' },
    ]);
    const repository = { name: 'vendor', url: vendor.url, suite: 'stable', keyring: vendor.keyring };
    process.env['CANARY_AUTH'] = `machine http://${host}/ login ci password ${CANARY}`;
    const steps = [
      {
        uses: 'debootstrap',
        with: {
          ...{ suite: 'trixie', documentation: false, auth: 'env:CANARY_AUTH' },
          repositories: [{ ...repository, pin: { priority: 100 } }],
        },
      },
      { uses: 'packages', with: { install: ['dhcpcd-base', 'tool'] } },
    ];
    rig = await runStages(steps, { base: 'empty', mirror: archive.url });
  });
  afterAll(async () => {
    delete process.env['CANARY_AUTH'];
    await rig[Symbol.asyncDispose]();
    await archive[Symbol.asyncDispose]();
    await vendor[Symbol.asyncDispose]();
  });

  it('is where everything comes from', () => {
    expect(rig.failure).toBeUndefined();
    expect(archive.asked).toContain('/debian/dists/trixie/InRelease');
    expect(archive.asked).toContain('/debian-security/dists/trixie-security/InRelease');
    expect(archive.asked.some((path) => path.includes('/dhcpcd-base_'))).toBe(true);
  });

  it('brings exactly what was resolved', () => {
    const locked = rig.lock.steps.flatMap(({ packages }) => packages);
    const facts = (each: { name: string; version: string; architecture: string }) =>
      `${each.name} ${each.version} ${each.architecture}`;
    const recorded = rig.records['packages'] as { name: string; version: string; architecture: string }[];
    expect(recorded.map(facts).sort()).toEqual(locked.map(facts).sort());
    expect(rig.lock.indexes.map(({ archive: name, suite }) => `${name} ${suite}`)).toEqual([
      'main trixie',
      'main trixie-updates',
      'security trixie-security',
      'vendor stable',
    ]);
  });

  it('installs from the other archive, and the image knows it, its keys and its rank', async () => {
    const [tool] = rig.lock.steps.flatMap(({ packages }) => packages).filter(({ name }) => name === 'tool');
    expect(tool?.archive).toBe('vendor');
    const judged = await rig.exec([
      'sh',
      '-c',
      "dpkg -s tool | grep Status; apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' | tail -n 1; grep -o 'signed-by=[^]]*' /etc/apt/sources.list.d/vendor.list; cat /etc/apt/preferences.d/vendor",
    ]);
    expect(judged.trim().split('\n')).toEqual([
      'Status: install ok installed',
      `${vendor.url}/`,
      'signed-by=/etc/apt/keyrings/vendor.gpg',
      'Package: *',
      'Pin: origin "127.0.0.1"',
      'Pin-Priority: 100',
    ]);
    const key = await rig.exec(['sha256sum', '/etc/apt/keyrings/vendor.gpg']);
    expect(key.slice(0, 64)).toBe(
      createHash('sha256')
        .update(await readFile(vendor.keyring))
        .digest('hex'),
    );
  });

  it('keeps the password to itself', async () => {
    const encoded = Buffer.from(`ci:${CANARY}`).toString('base64');
    const { state } = packageFolders();
    for (const word of [CANARY, encoded]) {
      expect(JSON.stringify([rig.events, rig.records, rig.lock])).not.toContain(word);
      const found = await execa('grep', ['-rlaF', '--', word, rig.folder, state], { reject: false });
      expect([found.stdout, found.exitCode]).toEqual(['', 1]);
    }
  });

  it('leaves no word of it in the image', async () => {
    const { port } = new URL(archive.url);
    const found = await rig.exec([
      'sh',
      '-c',
      `grep -rl '127.0.0.1:${port}' /etc /usr /var/lib/dpkg /var/log || true`,
    ]);
    // Logs are removed by `seal`.
    expect(found.split('\n').filter((path) => path !== '' && !path.startsWith('/var/log/'))).toEqual([]);
    const hosts = (await hostSources()).map(({ uri }) => uri);
    for (const line of (await rig.read('/etc/apt/sources.list')).trim().split('\n')) {
      expect(hosts).toContain(line.split(' ')[2]);
    }
  });

  it('gives a Debian 13 that knows itself', async () => {
    const judged = await rig.exec([
      'sh',
      '-c',
      '. /etc/os-release; echo $VERSION_CODENAME; dpkg --audit; dpkg -s dhcpcd-base | grep Status',
    ]);
    expect(judged).toBe('trixie\nStatus: install ok installed\n');
    const names = (rig.records['packages'] as { name: string }[]).map(({ name }) => name);
    expect(names).toContain('dhcpcd-base');
    expect(names).not.toContain('usrmerge');
  });

  it('has licences, no manual, and nothing of the build host', async () => {
    const judged = await rig.exec([
      'sh',
      '-c',
      'ls -d /usr/share/man/man1/ls.1.gz /usr/share/doc/apt/copyright /usr/share/doc/apt/changelog.gz /etc/hostname /etc/resolv.conf 2>/dev/null || true',
    ]);
    expect(judged).toBe('/usr/share/doc/apt/copyright\n');
  });
});

it('a package that does not exist is named, with those that do', async () => {
  await using rig = await runStages([{ uses: 'packages', with: { install: ['zstd', 'opnessh-server'] } }]);
  expect(rig.failure?.kind).toBe('recipe');
  expect(rig.failure?.diagnostics).toEqual([
    { what: 'The archive has no package opnessh-server.', hint: 'Did you mean openssh-server?' },
  ]);
});

it('nothing is removed that was not named', async () => {
  await using rig = await runStages([
    { uses: 'packages', with: { install: ['busybox'] } },
    { uses: 'packages', with: { install: ['busybox-static'] } },
  ]);
  expect(rig.failure?.diagnostics[0].what).toBe('Installing these packages would remove others.');
});

it('debootstrap builds the same base system from the pool, without the network', async () => {
  await using rig = await runStages([bootstrap({ tool: 'debootstrap' })], { base: 'empty' });
  expect(rig.failure?.toRecord()).toBeUndefined();
  const [locked] = rig.lock.steps;
  const names = (await rig.exec(['dpkg-query', '-W', '-f', '${Package} ${Version}\\n'])).trim().split('\n');
  expect(names.sort()).toEqual(locked?.packages.map(({ name, version }) => `${name} ${version}`).sort());
  expect(await rig.exec(['dpkg', '--audit'])).toBe('');
  expect(await rig.read('/etc/apt/sources.list')).not.toContain('file:');
});
