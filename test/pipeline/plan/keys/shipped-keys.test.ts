/** Keys of the shipped recipe with the real stages: what each change makes again, written out. */
import { chmod, cp, mkdir, readFile, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ZodType } from 'zod';
import type { KeyedPlan } from '../../../../pipeline/plan/keys/fingerprint.js';
import { type Plan, planBuild } from '../../../../pipeline/plan/plan.js';
import { type PlannedStep } from '../../../../pipeline/plan/planned-step.js';
import { type LoadSettings, loadRecipe } from '../../../../pipeline/recipe/load.js';
import { distributions } from '../../../../stages/distribution/index.js';
import { stages } from '../../../../stages/index.js';
import {
  changedNames,
  type KeyRig,
  type KeyWorld,
  keyRig,
  lockedPackage,
  UNUSED,
  withSteps,
} from '../../../util/key-rig.js';

/** All results of the recipe, in order. */
const ALL = [
  'debootstrap',
  'packages',
  'files',
  'hostname',
  'locale',
  'users',
  'fstab',
  'iscsi-initiator',
  'network',
  'discard',
  'initramfs',
  'seal',
  'lun-image',
  'lun-image/file-systems',
  'boot-artifacts',
];
const from = (name: string) => ALL.slice(ALL.indexOf(name));

const WORLD: KeyWorld = {
  packages: new Map([
    ['debootstrap', ['libc6', 'apt'].map((name) => lockedPackage(name))],
    ['packages', ['systemd', 'openssh-server'].map((name) => lockedPackage(name))],
  ]),
  tools: {
    apt: '2.6.1',
    dpkg: '1.21.22',
    mmdebstrap: '1.3.5-7',
    debootstrap: '1.0.128',
    fdisk: '2.38.1-5',
    e2fsprogs: '1.47.0-2',
    dosfstools: '4.2-1',
    mtools: '4.0.33-1',
    'grub-common': '2.06-13',
    'pacman-package-manager': '6.0.2-3',
    gpg: '2.2.40-1',
  },
};

let rig: KeyRig;
let plan: Plan;
let before: KeyedPlan;
/** The recipe of Arch Linux, for the stage that only it has. */
let arch: { readonly plan: Plan; readonly before: KeyedPlan };
let imported: typeof arch;
/** With steps of those stages that no shipped recipe uses. */
let extended: typeof arch;

async function load(folder: string, settings: LoadSettings = {}): Promise<Plan> {
  const recipe = await loadRecipe(join(rig.path, folder), stages, { sourceDateEpoch: '', ...settings });
  return planBuild(recipe, stages, distributions, 'http://mirror.example.org');
}

async function copied(name: string): Promise<string> {
  await cp(join(rig.path, 'debian-bookworm'), join(rig.path, name), { recursive: true });
  return join(rig.path, name);
}

function parseOptions({ stage }: PlannedStep, raw: unknown): unknown {
  return (stage.options as ZodType).parse(raw);
}

/** What is made again in the world as it is, or in another one. */
async function changedIn(after: Plan, world: KeyWorld = {}): Promise<string[]> {
  return changedNames(before, await rig.keys(after, { ...WORLD, ...world }));
}

beforeAll(async () => {
  rig = await keyRig();
  await cp('recipes/debian-bookworm', join(rig.path, 'debian-bookworm'), { recursive: true });
  plan = await load('debian-bookworm');
  before = await rig.keys(plan, WORLD);
  await cp('recipes/arch', join(rig.path, 'arch'), { recursive: true });
  const planOfArch = await load('arch');
  arch = { plan: planOfArch, before: await rig.keys(planOfArch, WORLD) };
  const stage = stages.get('import');
  if (stage === undefined) throw new Error('no stage import');
  for (const name of ['files', 'other'])
    await mkdir(join(rig.path, 'debian-bookworm', name), { recursive: true });
  const [first, ...others] = plan.steps;
  if (first === undefined) throw new Error('no step');
  const step = { ...first, stage, options: (stage.options as ZodType).parse({ from: 'files' }) };
  const planOfImport = { ...plan, steps: [step, ...others] };
  imported = { plan: planOfImport, before: await rig.keys(planOfImport, WORLD) };
  const planOfMore = withSteps(plan, UNUSED);
  extended = { plan: planOfMore, before: await rig.keys(planOfMore, WORLD) };
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllEnvs());

it('stands on native tools, by its first step, where its root is foreign and nowhere else', async () => {
  const native = [lockedPackage('dash')];
  expect(await changedIn(plan, { native })).toEqual([]);
  const board = join(rig.path, 'board');
  await cp('recipes/debian-raspberry-pi', board, { recursive: true });
  const planOfBoard = await load('board');
  const [without, first, second] = [
    await rig.keys(planOfBoard, {}),
    await rig.keys(planOfBoard, { native }),
    await rig.keys(planOfBoard, { native: [lockedPackage('dash', { sha256: 'b'.repeat(64) })] }),
  ];
  expect(first.steps[0]?.inputs.packages).toEqual({
    'dash:amd64': expect.stringMatching(/sha256/) as unknown,
  });
  expect(first.steps[1]?.inputs.packages).toEqual({});
  const steps = planOfBoard.steps.map(({ id }) => id);
  expect(changedNames(without, first)).toEqual(expect.arrayContaining(steps));
  expect(changedNames(first, second)).toEqual(expect.arrayContaining(steps));
});

it('has these results', () => {
  expect(changedNames({ ...before, steps: [] }, before)).toEqual(ALL);
});

describe('options', () => {
  /** A new value for each option of each stage, and what it makes again where that is not all from its step on. */
  const NEW: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    debootstrap: {
      suite: 'trixie',
      mirror: 'http://mirror.example.org/debian',
      'security-mirror': 'http://mirror.example.org/security',
      'image-mirror': 'http://mirror.example.org/image',
      auth: 'env:LUNSMITH_TEST_SECRET',
      snapshot: '2025-01-01',
      components: ['main', 'contrib'],
      pockets: ['security'],
      variant: 'standard',
      include: ['vim'],
      documentation: true,
      keyring: 'files/key.gpg',
      repositories: [
        { name: 'vendor', url: 'http://mirror.example.org/vendor', suite: '/', keyring: 'files/key.gpg' },
      ],
      tool: 'debootstrap',
    },
    pacstrap: {
      mirrors: ['http://mirror.example.org/$repo/os/$arch'],
      snapshot: '2026-11-01',
      'image-mirrors': ['http://mirror.example.org/image/$repo/os/$arch'],
      repositories: ['core'],
      include: ['base', 'vim'],
      keyring: 'files/key.gpg',
      'database-signature': 'required',
    },
    import: {
      from: 'other',
      sha256: 'a'.repeat(64),
      partition: 2,
      exclude: ['/srv/*'],
      archives: { suite: 'trixie' },
    },
    packages: { install: ['vim'], remove: ['nano'], hold: ['linux-image-amd64'], recommends: true },
    files: {
      source: 'other',
      rules: [{ match: '/etc/**', mode: '0600' }],
      modes: { executable: ['/etc/*.sh'] },
      files: [{ path: '/etc/motd', content: 'hello' }],
      values: { a: 'b' },
      'after-initramfs': true,
    },
    hostname: { name: 'node', hosts: [{ address: '192.0.2.1', names: ['a'] }] },
    locale: { lang: 'de_DE.UTF-8', generate: ['de_DE.UTF-8'], timezone: 'Europe/Berlin', keymap: 'de' },
    users: {
      root: { 'authorized-keys': ['file:key.pub'] },
      users: [{ name: 'a' }],
      sshd: { 'permit-root-login': 'no' },
    },
    fstab: {
      mounts: { '/': ['noatime'] },
      'swap-options': ['nofail'],
      entries: [{ source: 'tmpfs', mount: '/tmp', type: 'tmpfs' }],
    },
    'iscsi-initiator': {
      identity: 'cmdline',
      chap: false,
      multipath: true,
      settings: { 'node.session.timeo.replacement_timeout': '5' },
      'scsi-timeout': 7,
      scheduler: 'keep',
      finalrd: true,
    },
    network: {
      manager: 'none',
      interface: 'eno1',
      'renew-lease': true,
      dns: 'keep',
      search: ['example.org'],
      vlan: 5,
    },
    run: {
      script: 'false',
      file: 'script.sh',
      command: ['true'],
      network: true,
      environment: { A: 'b' },
      secrets: { B: 'env:LUNSMITH_TEST_SECRET' },
      'time-out': 5,
    },
    initramfs: { compression: 'xz', level: 1, modules: ['be2iscsi'], kernel: '6.*', 'other-kernels': 'bare' },
    'raspberry-pi-firmware': { models: ['5'], config: [{ key: 'gpu_mem', value: '16' }], hold: false },
    services: {
      enable: ['a.timer'],
      disable: ['b'],
      mask: ['c'],
      'default-target': 'multi-user.target',
    },
    sysctl: { values: { 'vm.swappiness': 1 } },
    'time-servers': { servers: ['192.0.2.1'] },
    cron: { jobs: [{ schedule: '@hourly', command: 'true' }], environment: { MAILTO: '' } },
    ansible: {
      folder: 'package.json',
      playbook: 'other.yml',
      roles: 'package.json',
      vars: { a: 1 },
      secrets: { b: 'env:LUNSMITH_TEST_SECRET' },
      tags: ['a'],
      'skip-tags': ['b'],
      network: true,
      'time-out': 5,
    },
    'cloud-init': { 'user-data': 'package.json', 'vendor-data': 'package.json', 'instance-id': 'golden' },
    seal: { 'machine-id': 'keep', 'ssh-host-keys': 'keep', remove: ['/etc/motd'] },
    'lun-image': { 'reserved-percent': 5, free: '1G', 'menu-seconds': 9 },
    'boot-artifacts': {},
    'windows-installer': {
      iso: 'other.iso',
      files: [{ path: 'a', source: 'b' }],
      wimboot: 'wimboot',
      size: '9G',
      free: '1G',
      needs: '9G',
      label: 'OTHER',
      'wim-part': '1G',
      shows: ['started'],
    },
  };

  it('are all looked at', () => {
    // One value is all that `import.distribution` has.
    const shapes = [...stages].map(([name, { options }]) => [
      name,
      Object.keys((options as unknown as { shape: object }).shape).filter(
        (option) => `${name}.${option}` !== 'import.distribution',
      ),
    ]);
    expect(Object.entries(NEW).map(([name, values]) => [name, Object.keys(values)])).toEqual(shapes);
  });

  it.each(
    // No recipe of a system for PCs has the firmware of a Raspberry Pi, or is an installer.
    Object.entries({ ...NEW, 'raspberry-pi-firmware': {}, 'windows-installer': {} }).flatMap(
      ([stage, values]) => Object.entries(values).map(([option, value]) => ({ stage, option, value })),
    ),
  )('$stage $option', async ({ stage, option, value }) => {
    vi.stubEnv('LUNSMITH_TEST_SECRET', 'hidden');
    const recipe = {
      ...{ pacstrap: arch, import: imported },
      ...{ services: extended, sysctl: extended, 'time-servers': extended, cron: extended },
      ...{ 'cloud-init': extended, ansible: extended },
    }[stage] ?? { plan, before };
    const steps = recipe.plan.steps.map((step) => {
      if (step.stage.name !== stage) return step;
      const options = parseOptions(step, { ...(step.options as object), [option]: value });
      expect(options).not.toEqual(step.options);
      return { ...step, options };
    });
    const id = recipe.plan.steps.find((step) => step.stage.name === stage)?.id ?? '';
    const names = changedNames({ ...recipe.before, steps: [] }, recipe.before);
    const expected =
      recipe.plan !== plan
        ? names.slice(names.indexOf(id))
        : stage !== 'lun-image'
          ? from(id)
          : option === 'menu-seconds'
            ? ['lun-image']
            : ['lun-image', 'lun-image/file-systems'];
    const after = await rig.keys({ ...recipe.plan, steps }, WORLD);
    expect(changedNames(recipe.before, after)).toEqual(expected);
  });
});

describe('facts of the recipe', () => {
  const withFacts = (facts: Partial<Plan['facts']>): Plan => ({
    ...plan,
    facts: { ...plan.facts, ...facts },
    recipe: { ...plan.recipe, ...facts },
  });

  it('a kernel parameter makes loader and boot artifacts again, not the file systems', async () => {
    const commandLine = [...plan.facts.kernel.commandLine, 'quiet'];
    expect(await changedIn(withFacts({ kernel: { commandLine } }))).toEqual(['lun-image', 'boot-artifacts']);
  });

  it('the disk goes into fstab, and so into all above', async () => {
    const other = await load('debian-bookworm', { variables: { 'disk-size': '20G' } });
    expect(await changedIn(other)).toEqual(from('fstab'));
  });

  it('the boot loader goes into the image and what is handed out, not into the root', async () => {
    const other = await load('debian-bookworm', { variables: { loader: 'extlinux' } });
    const tools = { ...WORLD.tools, syslinux: '6.04' };
    expect(await changedIn(other, { tools })).toEqual([
      'lun-image',
      'lun-image/file-systems',
      'boot-artifacts',
    ]);
    const before = await rig.keys(other, { ...WORLD, tools });
    const after = await rig.keys(other, { ...WORLD, tools: { ...tools, syslinux: '6.05' } });
    expect(changedNames(before, after)).toEqual(['lun-image', 'lun-image/file-systems']);
  });

  it('the name goes into the UUIDs of the disk, and by itself into the boot menu alone', async () => {
    expect(await changedIn(withFacts({ name: 'other' }))).toEqual(['lun-image']);
    const folder = await copied('renamed');
    await rewrite(folder, (text) => text.replace('name: debian-bookworm', 'name: other'));
    expect(await changedIn(await load('renamed'))).toEqual(from('fstab'));
  });

  it('architecture and epoch go into everything', async () => {
    const architecture = 'arm64' as const;
    expect(await changedIn(withFacts({ architecture }))).toEqual(ALL);
    expect(await changedIn(await load('debian-bookworm', { sourceDateEpoch: '5' }))).toEqual(ALL);
  });

  it('the description goes into nothing but the release', async () => {
    const folder = await copied('described');
    await rewrite(folder, (text) => text.replace(/^description: .*$/m, 'description: Another.'));
    const after = await rig.keys(await load('described'), WORLD);
    expect(changedNames(before, after)).toEqual([]);
    expect(after.release).not.toBe(before.release);
  });
});

async function rewrite(folder: string, change: (text: string) => string, name = 'recipe.yaml') {
  const text = await readFile(join(folder, name), 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(join(folder, name), change(text));
}

describe('files of the recipe', () => {
  const FILE = 'files/etc/systemd/journald.conf.d/50-lun.conf';
  const CHANGES: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
    content: (folder) => writeFile(join(folder, FILE), 'other'),
    'executable bit': (folder) => chmod(join(folder, FILE), 0o755),
    name: (folder) => rename(join(folder, FILE), join(folder, `${FILE}.bak`)),
    'a new directory': (folder) => mkdir(join(folder, 'files/etc/new')),
    'a new link': (folder) => symlink('here', join(folder, 'files/etc/new')),
    'a file less': (folder) => unlink(join(folder, FILE)),
  };

  it.each(Object.entries(CHANGES))('%s', async (name, change) => {
    const folder = name.replaceAll(' ', '-');
    await change(await copied(folder));
    expect(await changedIn(await load(folder))).toEqual(from('files'));
  });

  it('a link’s target', async () => {
    const folder = await copied('link-before');
    await symlink('here', join(folder, 'files/etc/new'));
    const [one, keys] = [await load('link-before'), () => rig.keys(one, WORLD)];
    const first = await keys();
    await unlink(join(folder, 'files/etc/new'));
    await symlink('there', join(folder, 'files/etc/new'));
    expect(changedNames(first, await keys())).toEqual(from('files'));
  });

  it('nothing follows from times, from permissions of a umask, from files beside, or from where the recipe lies', async () => {
    const folder = await copied('some-where');
    await chmod(join(folder, FILE), 0o600);
    await chmod(join(folder, 'files/etc'), 0o700);
    await utimes(join(folder, FILE), 5, 5);
    await writeFile(join(folder, 'NOTES'), 'beside');
    expect(await changedIn(await load('some-where'))).toEqual([]);
    await mkdir(join(rig.path, 'else'));
    await rename(folder, join(rig.path, 'else', 'where'));
    expect(await changedIn(await load('else/where'))).toEqual([]);
  });
});

describe('what is around', () => {
  it('a mirror for the build alone goes into nothing', async () => {
    const mirror = 'http://mirror.example.org/debian';
    expect(await changedIn(plan, { mirror })).toEqual([]);
    expect((await rig.keys(plan, { ...WORLD, mirror })).release).toBe(before.release);
  });

  it.each([
    ['debootstrap', ALL],
    ['packages', from('packages')],
  ])('a package of %s', async (step, expected) => {
    const own = WORLD.packages?.get(step) ?? [];
    for (const change of [
      { version: '2' },
      { sha256: '0'.repeat(64) },
      { architecture: 'all' },
      { index: { Priority: 'required' } },
    ]) {
      const [first, ...others] = own.map((each) => ({ ...each, ...change }));
      const packages = new Map(WORLD.packages).set(step, first === undefined ? [] : [first, ...others]);
      expect(await changedIn(plan, { packages })).toEqual(expected);
    }
    const fewer = new Map(WORLD.packages).set(step, own.slice(1));
    expect(await changedIn(plan, { packages: fewer })).toEqual(expected);
    const elsewhere = new Map(WORLD.packages).set(
      step,
      own.map((each) => ({ ...each, path: 'pool/elsewhere.deb', archive: 'security', bytes: 5 })),
    );
    expect(await changedIn(plan, { packages: elsewhere })).toEqual([]);
  });

  it.each([
    ['mmdebstrap', ALL],
    ['debootstrap', []],
    ['e2fsprogs', ['lun-image', 'lun-image/file-systems']],
    ['grub-common', ['lun-image', 'lun-image/file-systems']],
  ])('the version of %s', async (name, expected) => {
    expect(await changedIn(plan, { tools: { ...WORLD.tools, [name]: '99' } })).toEqual(expected);
  });

  it.each(ALL.filter((name) => !name.includes('/')))('the code of %s', async (id) => {
    const stage = plan.steps.find((step) => step.id === id)?.stage.name ?? '';
    const expected =
      id === 'lun-image'
        ? ['lun-image', 'lun-image/file-systems']
        : id === 'boot-artifacts'
          ? [id]
          : from(id);
    expect(await changedIn(plan, { code: { [stage]: 'new' } })).toEqual(expected);
  });

  it('the value of a secret goes into the step that names it', async () => {
    const steps = plan.steps.map((step) =>
      step.id === 'users'
        ? {
            ...step,
            options: parseOptions(step, { root: { 'password-hash': 'env:LUNSMITH_TEST_SECRET' } }),
          }
        : step,
    );
    const keysWith = async (value: string) => {
      vi.stubEnv('LUNSMITH_TEST_SECRET', value);
      return rig.keys({ ...plan, steps }, WORLD);
    };
    const [first, second, third] = [await keysWith('$y$a'), await keysWith('$y$b'), await keysWith('$y$a')];
    expect(changedNames(first, second)).toEqual(from('users'));
    expect(changedNames(first, third)).toEqual([]);
    expect(JSON.stringify(first.steps.map(({ inputs }) => inputs))).not.toContain('$y$a');
  });
});

describe('hooks', () => {
  const withHook = async (name: string, scripts: Readonly<Record<string, string>>) => {
    const folder = await copied(name);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', scripts }));
    return folder;
  };
  const outputs = ['lun-image', 'lun-image/file-systems', 'boot-artifacts'];

  it('that change the root are steps of their own, and read all of the recipe', async () => {
    await withHook('hook-early', { 'rootfs:pre': 'true' });
    expect(await changedIn(await load('hook-early'))).toEqual(['rootfs:pre', ...from('packages')]);
    const folder = await withHook('hook-late', { 'rootfs:post': 'sh tool.sh' });
    const late = await load('hook-late');
    expect(await changedIn(late)).toEqual(['rootfs:post', ...outputs]);
    const first = await rig.keys(late, WORLD);
    await writeFile(join(folder, 'tool.sh'), 'true');
    expect(changedNames(first, await rig.keys(late, WORLD))).toEqual(['rootfs:post', ...outputs]);
  });

  it('that change no root make no step again, but the release', async () => {
    await withHook('hook-image', { 'image:post': 'true', 'release:post': 'true' });
    const after = await rig.keys(await load('hook-image'), WORLD);
    expect(changedNames(before, after)).toEqual([]);
    expect(after.release).not.toBe(before.release);
  });
});

describe('a recipe that extends it', () => {
  const child = async (name: string, lines: readonly string[]) => {
    await mkdir(join(rig.path, name));
    const text = [`name: ${name}`, 'extends: ../debian-bookworm', ...lines, ''];
    await writeFile(join(rig.path, name, 'recipe.yaml'), text.join('\n'));
    return load(name);
  };

  it('with another host name shares its packages and files', async () => {
    const after = await child('named', ['steps:', '  - { name: hostname, with: { name: node } }']);
    expect(await changedIn(after)).toEqual(from('hostname'));
  });

  it('shares the files also when it lies deeper', async () => {
    await mkdir(join(rig.path, 'deep'));
    await mkdir(join(rig.path, 'deep', 'child'));
    const text = 'name: deep\nextends: ../../debian-bookworm\n';
    await writeFile(join(rig.path, 'deep', 'child', 'recipe.yaml'), text);
    expect(await changedIn(await load('deep/child'))).toEqual(from('fstab'));
  });

  it('with another suite shares nothing', async () => {
    const after = await child('newer', ['steps:', '  - { name: debootstrap, with: { suite: trixie } }']);
    expect(await changedIn(after)).toEqual(ALL);
  });
});
