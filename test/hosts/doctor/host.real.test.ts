/** A host that was made by real changes is well; what is missing around it, and where it disagrees with the site, is told. */
import { mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../../base/digest.js';
import { readState } from '../../../hosts/apply.js';
import { clientFacts } from '../../util/hosts.js';
import { CONVERGE, WEB1, wellHost } from './well-host.js';

const well = wellHost();
const { at, found, generationOf } = well;

it('a host that changes alone have made is well', async () => {
  expect(await found()).toEqual([]);
});

it('a host that nothing was done to lacks its clients only', async () => {
  await rm(well.rig.root, { recursive: true });
  await mkdir(well.rig.root);
  expect((await found()).map(({ what }) => what)).toEqual([
    '2 clients of the site are not on the host: web1, web2.',
  ]);
});

it('a program is missing', async () => {
  const adapter = { ...well.options.drivers.adapter, tools: ['no-such-program'] };
  expect(await found({ adapter })).toEqual([
    {
      level: 'error',
      about: 'tools',
      what: 'The program no-such-program is missing.',
      where: 'san1',
      expected: 'no-such-program on the PATH of the user that connects',
      found: 'nothing',
      hint: 'Install it there: in Debian `apt-file search bin/no-such-program` tells its package.',
    },
  ]);
});

it('the DHCP server does not know of our file', async () => {
  const dhcp = { kind: 'dnsmasq-proxy', interface: 'eth0', network: '192.0.2.0' } as const;
  const facts = { ...well.rig.facts, dhcp };
  const findings = await found({ host: { ...well.rig.host, facts } });
  const path = at('conf/dnsmasq.conf');
  expect(findings).toContainEqual({
    level: 'warning',
    about: 'dhcp',
    what: 'dnsmasq does not seem to read our file.',
    where: path,
    expected: 'dnsmasq with this file as its whole configuration',
    found: 'nothing of it in /etc/dnsmasq.conf, /etc/dnsmasq.d, nor on its command line',
    hint: 'Start a dnsmasq of its own with it: docs/target-hosts.md.',
  });
  expect(findings).toContainEqual({
    level: 'error',
    about: 'files',
    what: 'A file is missing.',
    where: path,
    expected: 'the file that the state of the host says',
    found: 'nothing',
    hint: CONVERGE,
  });
});

it('a DHCP server that has not read its file', async () => {
  const dhcp = { kind: 'isc-dhcpd', subnet: '192.0.2.0', netmask: '255.255.255.0' } as const;
  await writeFile(at('states/reload'), '');
  const findings = await found({ host: { ...well.rig.host, facts: { ...well.rig.facts, dhcp } } });
  expect(findings).toContainEqual({
    level: 'warning',
    about: 'dhcp',
    what: 'dhcpd has not read our file since it was changed.',
    where: at('conf/dhcpd.conf'),
    expected: 'the command `reload` of the site done',
    found: 'not done, or failed',
    hint: 'Restart dhcpd there; the next change of the host tries again.',
  });
});

it('site and host do not say the same', async () => {
  const web3 = clientFacts(3);
  const clients = [{ ...WEB1, mac: '52:54:00:00:00:99', menuSeconds: 9 }, web3];
  const words = { level: 'warning', about: 'site', where: at('current/state.json') };
  expect(await found({ site: { clients, channels: ['edge'] } })).toEqual([
    {
      ...words,
      what: 'The client web1 is another on the host than in the site.',
      expected: 'mac "52:54:00:00:00:99", menuSeconds 9',
      found: 'mac "52:54:00:00:00:01", menuSeconds 5',
      hint: 'Run: npx lunsmith client add web1',
    },
    {
      ...words,
      what: 'The client web3 of the site is not on the host.',
      expected: 'it among the clients there',
      found: 'nothing',
      hint: 'Run: npx lunsmith client add web3',
    },
    {
      ...words,
      what: 'The client web2 is on the host, and not in the site.',
      expected: 'the clients of the site',
      found: 'web2',
      hint: 'Write it into lunsmith.yaml again. Then, if it shall go with all that it stored: npx lunsmith client rm web2',
    },
    {
      ...words,
      what: 'The channel stable is on the host, and not in the site.',
      expected: 'edge',
      found: 'stable',
      hint: 'Add it to `channels` of lunsmith.yaml.',
    },
  ]);
});

it('the prefix of the targets was changed in the site', async () => {
  const facts = {
    ...well.rig.facts,
    target: { ...well.rig.facts.target, prefix: 'iqn.2026-01.org.example:new' },
  };
  const { id } = well.web1;
  expect(await found({ host: { ...well.rig.host, facts } })).toContainEqual({
    level: 'warning',
    about: 'state',
    what: 'A target of web1 has another name than the site gives it.',
    where: well.web1.target,
    expected: `iqn.2026-01.org.example:new:web1.debian.${id}`,
    found: well.web1.target,
    hint: 'The prefix was changed. Give it a fresh LUN: npx lunsmith client reset web1',
  });
});

it('two clients have one disk', async () => {
  const state = await readState(well.rig.host);
  const two = await generationOf('web2');
  await writeFile(at('states/3/state.json'), canonicalJson(state).replaceAll(two.disk, well.web1.disk));
  expect(await found()).toContainEqual({
    level: 'error',
    about: 'state',
    what: 'Two LUNs have the same disk.',
    where: well.web1.disk,
    expected: 'one of its own for each LUN',
    found: `web1, image debian, ${well.web1.id}; web2, image debian, ${two.id}`,
    hint: 'Shut both clients down, then give one a fresh LUN: npx lunsmith client reset web2',
  });
});

it('a channel is not at the last of its releases', async () => {
  const state = await readState(well.rig.host);
  const { v1, v2 } = well.rig.releases;
  const [entry] = state.channels['stable']?.history ?? [];
  const history = [{ ...entry, release: v2.digest }];
  const channels = { stable: { release: v1.digest, history } };
  await writeFile(at('states/3/state.json'), canonicalJson({ ...state, channels }));
  expect(await found()).toEqual([
    {
      level: 'error',
      about: 'state',
      what: 'The channel stable is not at the last of its releases.',
      where: at('current/state.json'),
      expected: v2.digest,
      found: v1.digest,
      hint: 'Somebody edited it. Promote a release: npx lunsmith promote RELEASE stable --on san1',
    },
  ]);
});

it('changes were not finished', async () => {
  await unlink(at('states/3/converged'));
  await mkdir(at('states/4'));
  await writeFile(at('conf/x.1234.partial'), '');
  const finish = 'The next change of the host finishes or removes it, or: npx lunsmith repair --on san1';
  const findings = (await found()).filter(({ about }) => about === 'leftovers');
  const words = { level: 'warning', about: 'leftovers' };
  expect(findings).toEqual([
    {
      ...words,
      what: 'The last change is not finished: targets and files of the TFTP and DHCP servers may still be the old ones.',
      where: at('states/3'),
      expected: 'the mark `converged`',
      found: 'none',
      hint: finish,
    },
    {
      ...words,
      what: 'A change was begun and not finished.',
      where: at('states/4'),
      expected: 'states up to 3',
      found: 'state 4',
      hint: finish,
    },
    {
      ...words,
      what: 'A file was begun and not finished.',
      where: at('conf/x.1234.partial'),
      expected: 'no such file',
      found: 'a part of one',
      hint: 'Remove it.',
    },
  ]);
});
