/** The script of the initramfs that makes the VLAN of the boot NIC, run by a shell with stand-ins for the kernel’s files and for ip. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { vlanScript } from '../../../../stages/distribution/debian/vlan.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

const MAC = '52:54:00:00:00:0';

interface World {
  /** Names of cards, the last digit of whose addresses is their place. */
  readonly cards: readonly string[];
  readonly bootif: string;
  /** Whether ip can do what it is asked for. */
  readonly able?: boolean;
}

/** @returns what ip was told, and what the scripts that come later read */
async function run({ cards, bootif, able = true }: World) {
  await using folder = await testFolder();
  const root = folder.path;
  const files: Record<string, string> = {
    'conf/param.conf': 'ROOT=UUID=x\n',
    'conf/conf.d/x': '',
    'scripts/functions':
      'log_begin_msg() { :; }\nlog_end_msg() { :; }\nwait_for_udev() { :; }\npanic() { echo "$1"; exit 1; }\n',
    'sys/class/net/lo/type': '772\n',
    'sys/class/net/lo/address': '00:00:00:00:00:00\n',
    // Of another system than the one that boots: a bridge has the address of its first port.
    'sys/class/net/a-bridge/type': '1\n',
    'sys/class/net/a-bridge/address': `${MAC}2\n`,
    ...Object.fromEntries(
      cards.flatMap((card, index) => [
        [`sys/class/net/${card}/address`, `${MAC}${index + 1}\n`],
        [`sys/class/net/${card}/type`, '1\n'],
        [`sys/class/net/${card}/device/x`, ''],
      ]),
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const programs = {
    'bin/modprobe': `echo "modprobe $*" >>"${root}/told"`,
    'bin/sleep': 'exit 0',
    'usr/lib/lunsmith/ip': `echo "ip $*" >>"${root}/told"\n${able ? 'exit 0' : 'exit 2'}`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(root, name), 0o755);
  }
  const script = vlanScript(5).replaceAll(/(?<![\w.$])\/(sys|conf|scripts|usr)\//g, `${root}/$1/`);
  const { exitCode, stdout, stderr } = await execa('sh', ['-s'], {
    input: script,
    reject: false,
    env: { PATH: `${root}/bin:/usr/bin:/bin`, BOOTIF: bootif, IP: 'dhcp', DEVICE: '' },
  });
  const told = await readFile(join(root, 'told'), 'utf8').catch(() => '');
  const param = await readFile(join(root, 'conf/param.conf'), 'utf8');
  const conf = await readFile(join(root, 'conf/conf.d/lunsmith-vlan'), 'utf8').catch(() => '');
  return { exitCode, stdout, stderr, told: told.split('\n').filter(Boolean), param, conf };
}

it('is made of the card that booted, and stands in its place for what asks for an address', async () => {
  const found = await run({ cards: ['enp0s2', 'enp0s3'], bootif: '01-52-54-00-00-00-02' });
  expect(found.stderr).toBe('');
  expect(found.told).toEqual([
    'modprobe 8021q',
    'ip link set dev enp0s3 up',
    'ip link add link enp0s3 name enp0s3.5 type vlan id 5',
    'ip link set dev enp0s3.5 up',
  ]);
  expect(found.conf).toBe('DEVICE=enp0s3.5\nBOOTIF=\n');
  expect(found.param).toBe('ROOT=UUID=x\nDEVICE=enp0s3.5\nBOOTIF=\n');
  expect(found.exitCode).toBe(0);
});

it('is made of the first card where none is named', async () => {
  const { conf } = await run({ cards: ['eno1', 'eno2'], bootif: '' });
  expect(conf).toBe('DEVICE=eno1.5\nBOOTIF=\n');
});

it('has a short name where that of the card leaves no room', async () => {
  const { conf, told } = await run({ cards: ['enx525400000001'], bootif: '' });
  expect(told).toContain('ip link add link enx525400000001 name vlan5 type vlan id 5');
  expect(conf).toBe('DEVICE=vlan5\nBOOTIF=\n');
});

it.each([
  [
    'the card is not there',
    { cards: ['eno1'], bootif: '01-52-54-00-00-00-09' },
    'No NIC for BOOTIF=01-52-54-00-00-00-09',
  ],
  ['it cannot be made', { cards: ['eno1'], bootif: '', able: false }, 'The VLAN 5 of eno1 cannot be made'],
])('says so where %s', async (_, world, message) => {
  const { stdout, conf, exitCode } = await run(world);
  expect(stdout).toBe(message);
  expect(conf).toBe('');
  expect(exitCode).toBe(1);
});
