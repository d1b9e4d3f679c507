/** The script of the initramfs that looks for portals, run by a shell with stand-ins for the kernel’s files and for the network. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PORTALS_SCRIPT } from '../../../../stages/distribution/debian/multipath/initramfs-scripts.js';
import { testFolder } from '../../../artifacts/formats/tools.js';

interface World {
  /** Text of /etc/iscsi.initramfs. */
  readonly settings: string;
  readonly commandLine?: string;
  /** Files below /sys/firmware/ibft. */
  readonly ibft?: Readonly<Record<string, string>>;
  readonly answering: readonly string[];
}

const AUTO = 'ISCSI_AUTO=true\n';
const TARGET = 'iqn.2026-01.org.example:san1:web1';

/** What iPXE tells of a path: no account where it found nobody. */
function path(number: number, address: string, account?: readonly [string, string], name = TARGET) {
  const at = (key: string) => `target${number}/${key}`;
  const [user = '', secret = ''] = account ?? [];
  return {
    [at('target-name')]: name,
    [at('ip-addr')]: address,
    [at('port')]: '3260',
    [at('chap-name')]: user,
    [at('chap-secret')]: secret,
  };
}
const CARD = {
  'initiator/initiator-name': 'iqn.2026-01.org.example:client',
  'ethernet0/mac': '52:54:00:00:00:01',
  'ethernet0/ip-addr': '192.0.2.50',
  'ethernet0/gateway': '192.0.2.254',
  'ethernet0/subnet-mask': '255.255.255.0',
};

/** @returns what a shell takes from the settings afterwards, and what ipconfig was told; undefined: the settings were left as they were */
async function run({ settings, commandLine = '', ibft = {}, answering }: World) {
  await using folder = await testFolder();
  const root = folder.path;
  const files: Record<string, string> = {
    'etc/iscsi.initramfs': settings,
    'proc/cmdline': `${commandLine}\n`,
    'conf/initramfs.conf': '',
    'conf/conf.d/x': '',
    'run/.keep': '',
    'scripts/functions':
      'log_begin_msg() { :; }\nlog_end_msg() { :; }\nwait_for_udev() { :; }\nconfigure_networking() { DEVICE=eth0; }\n',
    ...Object.fromEntries(Object.entries(ibft).map(([key, text]) => [`sys/firmware/ibft/${key}`, text])),
    ...Object.fromEntries(
      ['eth0', 'eth1'].flatMap((card, index) => [
        [`sys/class/net/${card}/address`, `52:54:00:00:00:0${index + 1}`],
        [`sys/class/net/${card}/type`, '1'],
        [`sys/class/net/${card}/device/x`, ''],
      ]),
    ),
    'sys/class/net/lo/type': '772',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  const programs = {
    modprobe: 'exit 0',
    sleep: 'exit 0',
    nc: `case " ${answering.join(' ')} " in *" $3 "*) exit 0 ;; esac\nexit 1`,
    // eth0 gets no answer.
    ipconfig: `echo "$*" >>"${root}/asked"\ncase "$*" in *'dhcp'*eth1) : >"${root}/run/net-eth1.conf" ;; esac\nexit 0`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await mkdir(join(root, 'bin'), { recursive: true });
    await writeFile(join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(root, 'bin', name), 0o755);
  }
  const script = PORTALS_SCRIPT.replaceAll(/(?<![\w.$])\/(etc|proc|sys|run|conf|scripts)\//g, `${root}/$1/`);
  await execa('sh', ['-s'], { input: script, env: { PATH: `${root}/bin:/usr/bin:/bin` } });
  const after = await readFile(join(root, 'etc/iscsi.initramfs'), 'utf8');
  if (after === settings) return undefined;
  const keys = ['AUTO', 'INITIATOR', 'TARGET_NAME', 'TARGET_IP', 'TARGET_PORT', 'USERNAME', 'PASSWORD'];
  const show = keys.map((key) => `printf '%s\\n' "$ISCSI_${key}"`).join('\n');
  const { stdout } = await execa('sh', ['-c', `. "$1"\n${show}`, 'sh', join(root, 'etc/iscsi.initramfs')]);
  const asked = await readFile(join(root, 'asked'), 'utf8').catch(() => '');
  const later = await readFile(join(root, 'run/lunsmith/portals'), 'utf8');
  return { stdout: stdout.split('\n'), asked: asked.split('\n').filter(Boolean), later };
}

describe('portals of an iBFT', () => {
  const TWO = {
    ...CARD,
    ...path(0, '192.0.2.10'),
    ...path(1, '198.51.100.10', ['web1', "it's secret"]),
  };

  it('are those that answer, with the account of any path; the first card keeps the address that iPXE had', async () => {
    const found = await run({ settings: AUTO, ibft: TWO, answering: ['198.51.100.10'] });
    expect(found?.stdout).toEqual([
      ...['', CARD['initiator/initiator-name'], TARGET, '198.51.100.10', '3260', 'web1', "it's secret"],
    ]);
    expect(found?.asked).toContain('-c dhcp -t 2 -d eth1');
    expect(found?.asked).toContain('-t 2 -d 192.0.2.50::192.0.2.254:255.255.255.0::eth0:none');
    expect(found?.later).toBe(`TARGET='${TARGET}'\nPORT=3260\nPORTALS='192.0.2.10 198.51.100.10'\n`);
  });

  it('are all of them where none answers: what comes later tells why', async () => {
    const found = await run({ settings: AUTO, ibft: TWO, answering: [] });
    expect(found?.stdout[3]).toBe('192.0.2.10 198.51.100.10');
  });

  it.each([
    ['there is one', { ...CARD, ...path(0, '192.0.2.10') }, ''],
    ['two LUNs are reached by one', { ...CARD, ...path(0, '192.0.2.10'), ...path(1, '192.0.2.10') }, ''],
    [
      'they are those of two targets',
      { ...CARD, ...path(0, '192.0.2.10'), ...path(1, '198.51.100.10', undefined, `${TARGET}-b`) },
      '',
    ],
    ['the command line names another', TWO, 'quiet iscsi_target_ip=192.0.2.99'],
  ])('are left alone where %s', async (_, ibft, commandLine) => {
    expect(await run({ settings: AUTO, ibft, commandLine, answering: ['192.0.2.10'] })).toBeUndefined();
  });
});

it('portals of an archive are those that answer', async () => {
  const settings = `ISCSI_INITIATOR=a\nISCSI_TARGET_NAME='${TARGET}'\nISCSI_TARGET_IP='192.0.2.10'\nISCSI_PORTALS='192.0.2.10 198.51.100.10'\nISCSI_TARGET_PORT='3261'\nISCSI_USERNAME=u\nISCSI_PASSWORD='$x'\n`;
  const found = await run({ settings, answering: ['198.51.100.10', '192.0.2.10'] });
  expect(found?.stdout).toEqual(['', 'a', TARGET, '192.0.2.10 198.51.100.10', '3261', 'u', '$x']);
});

it('an archive with one portal is left as it is', async () => {
  expect(await run({ settings: "ISCSI_TARGET_IP='192.0.2.10'\n", answering: [] })).toBeUndefined();
});
