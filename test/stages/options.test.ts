/** What a user reads when the options of a step are wrong: all of it stands in options.txt. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { distributions } from '../../stages/distribution/index.js';
import { stages } from '../../stages/index.js';
import { recipeRig, stagesRecipe } from '../util/recipe-rig.js';

/** Stages that make a root. */
const FIRST = ['debootstrap', 'import'];

/** A recipe with one step more, or with other options of its first step. */
function recipe(uses: string, options: string): string {
  return FIRST.includes(uses)
    ? stagesRecipe({ uses, options })
    : stagesRecipe({ uses: 'debootstrap', options: '{ suite: bookworm }' }, { uses, options });
}

const WRONG: readonly (readonly [uses: string, options: string])[] = [
  ['debootstrap', '{}'],
  ['debootstrap', '{ suite: Bookworm }'],
  ['debootstrap', "{ suite: bookworm, mirror: 'ftp://x' }"],
  ['debootstrap', '{ suite: bookworm, components: [] }'],
  ['debootstrap', '{ suite: bookworm, components: [Main] }'],
  ['debootstrap', '{ suite: bookworm, pockets: [backports] }'],
  ['debootstrap', '{ suite: bookworm, variant: full }'],
  ['debootstrap', '{ suite: bookworm, include: [Foo] }'],
  ['debootstrap', '{ suite: bookworm, keyring: keys/none.gpg }'],
  ['debootstrap', '{ suite: bookworm, keyring: empty.gpg }'],
  ['debootstrap', '{ suite: bookworm, keyring: files }'],
  ['debootstrap', "{ suite: bookworm, mirror: 'http://mirror.example.org/debian', snapshot: 2025-02-29 }"],
  ['debootstrap', '{ suite: bookworm, tool: debootstrap, variant: standard, documentation: false }'],
  ['debootstrap', "{ suite: bookworm, mirorr: 'http://x' }"],
  ['debootstrap', '{ suite: noble, components: [main, contrib], keyring: files/no.gpg }'],
  ['debootstrap', '{ suite: bookworm, components: [universe], tool: debootstrap }'],
  ['debootstrap', '{ suite: nobel, tool: debootstrap }'],
  ['debootstrap', '{ suite: bookworm, repositories: [{ name: main, url: x, suite: A, keyring: k }] }'],
  [
    'debootstrap',
    "{ suite: bookworm, repositories: [{ name: a, url: 'https://me:secret@a.example.org', suite: x, keyring: k }] }",
  ],
  [
    'debootstrap',
    "{ suite: bookworm, snapshot: 2025-01-01, mirror: 'http://mirror.example.org/debian', repositories: [" +
      "{ name: a, url: 'http://a.example.org', suite: './', components: [main], keyring: key.pub }, " +
      "{ name: a, url: 'http://a.example.org', suite: x, keyring: armoured.gpg, pin: { priority: 0 } }] }",
  ],
  [
    'debootstrap',
    "{ suite: bookworm, repositories: [{ name: a, url: 'http://a.example.org', suite: x, keyring: armoured.gpg }] }",
  ],
  ['packages', '{}'],
  ['packages', '{ install: [open_iscsi] }'],
  ['packages', '{ install: [vim], remove: [vim] }'],
  ['files', '{}'],
  ['files', '{ source: /etc }'],
  ['files', '{ source: fils }'],
  ['files', '{ files: [{ path: etc/motd, content: x }] }'],
  ['files', '{ files: [{ path: /etc/../motd, content: x }] }'],
  ['files', '{ files: [{ path: /etc/motd }] }'],
  ['files', '{ files: [{ path: /etc/motd, content: x, link: y }] }'],
  ['files', '{ files: [{ path: /etc/motd, content: x, mode: 644 }] }'],
  ['files', '{ files: [{ path: /etc/motd, source: motd }] }'],
  ['files', "{ source: files, rules: [{ match: etc, owner: 'a b' }] }"],
  [
    'files',
    '{ after-initramfs: true, source: files, files: [{ path: /etc/motd, content: x }, { path: /etc/modprobe.d/x.conf, content: x }] }',
  ],
  ['files', '{ source: files, rules: [{ match: /a }, { match: /aa }, { match: /etc/** }] }'],
  ['hostname', '{ name: -node }'],
  ['hostname', '{ hosts: [{ address: 1.2.3, names: [a] }] }'],
  ['locale', '{ lang: german }'],
  ['locale', '{ timezone: ../etc }'],
  ['locale', '{ keymap: De }'],
  [
    'locale',
    '{ lang: dee_DE, generate: [de_DE.UTF-8, en_UK.UTF-8, qq_DE.UTF-8], timezone: Europe/Berlijn, keymap: deutsch }',
  ],
  ['locale', '{ timezone: europe/Berlin, keymap: uk }'],
  ['users', '{ root: { password-hash: secret } }'],
  ['users', '{ root: { authorized-keys: [hello] } }'],
  ['users', "{ root: { authorized-keys: ['file:no.pub'] } }"],
  ['users', '{ users: [{ name: root }, { name: a }, { name: a }] }'],
  ['users', '{ users: [{ name: Alice, uid: 0 }] }'],
  ['users', "{ root: { authorized-keys: ['file:key.pub'] }, sshd: { permit-root-login: no } }"],
  ['users', "{ root: { authorized-keys: ['file:key.pub'] }, sshd: { permit-root-login: 'no' } }"],
  ['users', '{ users: [{ name: a, shell: sh }] }'],
  ['users', '{ users: [{ name: pi, existing: true, uid: 1000, home: /srv/pi }] }'],
  ['fstab', '{ mounts: { /home: [noatime] } }'],
  ['fstab', '{ mounts: { /: [_netdev] } }'],
  ['fstab', '{ entries: [{ source: tmpfs, mount: /, type: tmpfs }] }'],
  ['fstab', "{ mounts: { /: ['a b'] } }"],
  ['iscsi-initiator', '{ settings: { node.session.auth.password: x } }'],
  ['iscsi-initiator', '{ scsi-timeout: 0, finalrd: maybe }'],
  ['network', '{ search: [example.org] }'],
  ['network', '{ dns: [a] }'],
  ['network', '{ vlan: 0 }'],
  ['network', '{ vlan: 4095 }'],
  ['network', "{ manager: connman, interface: 'eth 0' }"],
  ['run', '{}'],
  ['run', '{ script: a, command: [b] }'],
  ['run', '{ file: no.sh }'],
  ['run', "{ script: a, environment: { A: x }, secrets: { A: 'env:X' } }"],
  ['run', '{ script: a, secrets: { A: x } }'],
  ['services', '{}'],
  ['services', '{ enable: [ssh, ../x] }'],
  ['services', '{ enable: [ssh, ssh], mask: [ssh.service, x.timer] }'],
  ['services', '{ default-target: multi-user }'],
  ['sysctl', '{}'],
  ['sysctl', '{ values: {} }'],
  ['sysctl', '{ values: { vm: 1, net.ipv4.ip_forward: true, kernel.panic: "1\\n2" } }'],
  ['cloud-init', '{ user-data: /etc/x, instance-id: a b }'],
  ['cloud-init', '{ vendor-data: none.yaml }'],
  ['cloud-init', '{ user-data: armoured.gpg }'],
  ['cloud-init', '{ user-data: list.yaml }'],
  ['cloud-init', '{ user-data: broken.yaml }'],
  ['time-servers', '{ servers: [] }'],
  ['time-servers', "{ servers: ['a b', -x] }"],
  ['ansible', '{}'],
  ['ansible', '{ folder: /etc, playbook: ../x.yml }'],
  ['ansible', '{ folder: none }'],
  ['ansible', '{ folder: ./, playbook: recipe.yaml }'],
  ['ansible', '{ folder: files, roles: none }'],
  [
    'ansible',
    "{ folder: files, playbook: none.yml, vars: { a-b: 1, c: x }, secrets: { c: 'env:C' }, tags: ['a,b'] }",
  ],
  ['cron', '{ jobs: [] }'],
  ['cron', "{ jobs: [{ schedule: '15 3 * *', user: Root, command: '' }], environment: { A-B: x } }"],
  ['cron', "{ jobs: [{ schedule: '15 24 * * *', command: a }, { schedule: '@dayly', command: a }] }"],
  [
    'cron',
    "{ jobs: [{ schedule: '0 0 31 feb,apr *', command: a }, { schedule: '* * * * *', command: 'a\\tb' }] }",
  ],

  ['import', '{}'],
  ['import', '{ from: none.img }'],
  ['import', '{ from: ssh://root@web1/ }'],
  ['import', "{ from: 'https://mirror.example.org/a.img.xz' }"],
  ['import', "{ from: files, exclude: [var/log, '/'] }"],
  ['import', '{ from: key.pub }'],
  ['import', '{ from: arch }'],
  ['import', '{ from: arch, distribution: arch }'],
  ['import', '{ from: key.pub, sha256: 1234 }'],
  [
    'import',
    "{ from: files, archives: { suite: bookworm, more: [{ name: a, url: 'http://a.example.org', suite: x, keyring: armoured.gpg }] } }",
  ],
  [
    'import',
    "{ from: files, archives: { suite: bookworm, more: [{ name: main, url: 'x', suite: a, keyring: b }] } }",
  ],
  [
    'import',
    "{ from: files, archives: { suite: bookworm, mirror: 'https://ci:password@mirror.example.org/debian' } }",
  ],
];

async function problems(uses: string, options: string): Promise<string> {
  const files = {
    'r/recipe.yaml': recipe(uses, options),
    'r/key.pub': 'x',
    'r/files/a': 'x',
    'r/arch/usr/lib/os-release': 'ID=arch\nPRETTY_NAME="Arch Linux"\n',
    'r/empty.gpg': '',
    'r/cloud.yaml': '#cloud-config\nruncmd: [[ls]]\n',
    'r/cloud.sh': '#!/bin/sh\nls\n',
    'r/list.yaml': '#cloud-config\n- ls\n',
    'r/broken.yaml': '#cloud-config\na: [\n',
    'r/armoured.gpg': '-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
    'r/vendor.asc': '-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
  };
  await using rig = await recipeRig(files, stages, distributions);
  return await rig.problems('r');
}

describe('options', () => {
  it('that are wrong are told of whole', async () => {
    const texts: string[] = [];
    for (const [uses, options] of WRONG) texts.push(`${await problems(uses, options)}\n`);
    await expect(texts.join('\n')).toMatchFileSnapshot('options.txt');
  });

  it.each([
    [
      'debootstrap',
      '{ suite: trixie, mirror: http://mirror.example.org/debian, pockets: [], tool: debootstrap }',
    ],
    [
      'debootstrap',
      "{ suite: bookworm, mirror: 'http://mirror.example.org/debian', repositories: [{ name: vendor, url: 'https://a.example.org/x/', suite: /, keyring: vendor.asc, pin: { priority: -1, packages: [b*] } }] }",
    ],
    [
      'packages',
      '{ install: [libc6:amd64, vim=2:9.0-1, nginx/bookworm-updates], hold: [linux-image-amd64] }',
    ],
    [
      'files',
      '{ source: files, files: [{ path: /etc/motd, content: "" }, { path: /srv, directory: true }] }',
    ],
    ['hostname', '{ name: node.example.org, hosts: [{ address: "2001:db8::1", names: [a] }] }'],
    ['locale', '{ lang: de_DE.UTF-8, timezone: America/Argentina/Buenos_Aires, keymap: de }'],
    ['locale', '{ lang: agr_PE, timezone: US/Eastern, keymap: latam }'],
    ['users', '{ root: { password-hash: "env:HASH", authorized-keys: ["file:key.pub"] }, sshd: {} }'],
    ['fstab', '{ mounts: { /: [ro] }, entries: [{ source: tmpfs, mount: /tmp, type: tmpfs }] }'],
    [
      'iscsi-initiator',
      '{ multipath: true, scsi-timeout: null, settings: { "node.conn[0].timeo.login_timeout": "30" } }',
    ],
    [
      'network',
      '{ dns: [192.0.2.53], search: [example.org], interface: eno1, renew-lease: true, vlan: 4094 }',
    ],
    ['import', "{ from: files, archives: { suite: bookworm, mirror: 'http://mirror.example.org/debian' } }"],
    ['run', '{ command: [/bin/true], network: true, secrets: { TOKEN: "env:TOKEN" } }'],
    ['services', '{ enable: [fstrim.timer, getty@ttyS1], mask: [apt-daily.timer] }'],
    [
      'sysctl',
      '{ values: { net.ipv4.conf.eth0/7.rp_filter: 0, -net.ipv4.ip_forward: 1, kernel.core_pattern: "|/bin/false" } }',
    ],
    ['cloud-init', '{}'],
    ['cloud-init', '{ user-data: cloud.yaml, vendor-data: cloud.sh }'],
    ['cloud-init', '{ user-data: cloud.sh, instance-id: golden-2 }'],
    ['time-servers', '{ servers: [ntp.example.org, 192.0.2.1, "2001:db8::1"] }'],
    ['cron', "{ jobs: [{ schedule: '*/5 8-18/2 1,15 jan-mar Mon-5', user: www-data, command: 'a % b' }] }"],
  ])('of %s that are right pass: %s', async (uses, options) => {
    expect(await problems(uses, options)).toBe('');
  });

  it.each([...stages.values()].map((stage) => [stage.name, stage] as const))(
    'of %s are described, each of them',
    (_, stage) => {
      const bare: string[] = [];
      const visit = (schema: z.core.JSONSchema.BaseSchema, path: string) => {
        for (const [key, value] of Object.entries(schema.properties ?? {})) {
          if (typeof value === 'boolean') continue;
          if (value.description === undefined) bare.push(`${path}${key}`);
          visit(value, `${path}${key}.`);
          if (value.items !== undefined && typeof value.items === 'object' && !Array.isArray(value.items)) {
            visit(value.items, `${path}${key}[].`);
          }
        }
      };
      visit(z.toJSONSchema(stage.options, { io: 'input', unrepresentable: 'any' }), '');
      expect(bare).toEqual([]);
    },
  );
});
