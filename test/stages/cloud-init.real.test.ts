/** The seed of cloud-init on a Debian 12, judged by cloud-init itself: it finds the source, takes the user data, and does what it says. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runStages, type StageRig } from '../util/stage-rig.js';

const USER_DATA = `#cloud-config
write_files:
  - path: /etc/from-cloud-init
    content: it was here
`;

let folder: string;
let rig: StageRig;
const shell = async (script: string) => (await rig.exec(['sh', '-c', script])).trim();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-cloud-'));
  await writeFile(join(folder, 'cloud.yaml'), USER_DATA);
  await writeFile(join(folder, 'vendor.yaml'), '#cloud-config\ntimezone: Europe/Berlin\n');
  const steps = [
    { uses: 'packages', with: { install: ['cloud-init'] } },
    {
      uses: 'cloud-init',
      with: { 'user-data': 'cloud.yaml', 'vendor-data': 'vendor.yaml', 'instance-id': 'golden-1' },
    },
    { uses: 'seal' },
  ];
  rig = await runStages(steps, { recipe: { folder } });
  expect(rig.failure?.toRecord()).toBeUndefined();
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

it('lies where only root reads it, and survives the seal', async () => {
  expect(await rig.read('/var/lib/cloud/seed/nocloud/user-data')).toBe(USER_DATA);
  for (const name of ['user-data', 'vendor-data', 'meta-data'])
    expect(await rig.stat(`/var/lib/cloud/seed/nocloud/${name}`)).toMatch(/^600 0 0 /);
});

it('is valid for cloud-init, and is what it takes', async () => {
  expect(await shell('cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data')).toContain(
    'Valid cloud-config',
  );
  const judged = await shell(`
    cloud-init init --local >/dev/null 2>&1 || cat /var/log/cloud-init.log >&2
    cloud-init init >/dev/null 2>&1 || :
    cloud-init query instance_id; cloud-init query platform; cloud-init query userdata
    cloud-init single --name write_files --frequency always >/dev/null
    cat /etc/from-cloud-init; echo
    cloud-init single --name timezone --frequency always >/dev/null
    cat /etc/timezone
    cloud-init single --name locale --frequency always >/dev/null && echo locale left alone
    ls /etc/network/interfaces.d /etc/netplan /run/systemd/network 2>/dev/null | grep -i cloud || echo no network`);
  expect(judged.split('\n')).toEqual([
    'golden-1',
    'nocloud',
    ...USER_DATA.split('\n'),
    'it was here',
    'Europe/Berlin',
    'locale left alone',
    'no network',
  ]);
});

it('gives way to what a client brings, which is another instance', async () => {
  // As the initramfs mounts files of the client's over these paths.
  const judged = await shell(`
    cd /var/lib/cloud/seed/nocloud
    printf '#cloud-config\\nwrite_files: [{ path: /etc/from-client, content: web1 }]\\n' > user-data
    echo 'instance-id: web1' > meta-data
    cloud-init init --local >/dev/null 2>&1
    cloud-init init >/dev/null 2>&1 || :
    cloud-init query instance_id
    cloud-init single --name write_files --frequency always >/dev/null
    cat /etc/from-client`);
  expect(judged).toBe('web1\nweb1');
});
