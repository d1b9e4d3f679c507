/** pacman against repositories that work, lie, or are half there: one clear error each, and nothing half-made. */
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Lock } from '../../../../pipeline/plan/lock/lock.js';
import type { RigStep } from '../../../inside/rig.js';
import { makeDatabase, makeKey, signFile, type TestKey } from '../../../util/arch/repository.js';
import { serveRepositories } from '../../../util/arch/server.js';
import { type SmallRepository, smallRepository } from '../../../util/arch/small-repository.js';
import { closedPort } from '../../../util/archive.js';
import { packageFolders } from '../../../util/base-tree.js';
import { runStages, type StageRig } from '../../../util/stage-rig.js';

const BASE = { name: 'base', depends: ['libfoo>=2', 'filesystem'] };
const LIBFOO = { name: 'libfoo', version: '2-1' };
const FILESYSTEM = { name: 'filesystem' };
const EDITORS = [
  { name: 'nano-one', groups: ['editors'] },
  { name: 'vi-one', version: '1:3.2-4', groups: ['editors'], depends: ['nano-one'] },
];
const OTHER = { name: 'other-foo', provides: ['foo'], conflicts: ['libfoo'] };
const ALL = [BASE, LIBFOO, FILESYSTEM, ...EDITORS, OTHER];

let repository: SmallRepository;
let more: string;
let stranger: TestKey;
beforeAll(async () => {
  repository = await smallRepository();
  more = await mkdtemp(join(tmpdir(), 'keys-'));
  stranger = await makeKey(join(more, 'stranger'));
});
afterAll(async () => {
  await repository[Symbol.asyncDispose]();
  await rm(more, { recursive: true, force: true });
});

interface Wishes {
  readonly keyring?: string;
  /** `none`: that of the options. */
  readonly mirror?: string;
  readonly options?: object;
  /** Options of `packages` steps. */
  readonly then?: readonly object[];
  /** Steps after them. */
  readonly last?: readonly RigStep[];
  readonly lock?: Lock;
}

function build({
  keyring,
  mirror,
  options = {},
  then = [],
  last = [],
  lock,
}: Wishes = {}): Promise<StageRig> {
  const base = { repositories: ['core'], keyring: keyring ?? repository.key.keyring, ...options };
  const steps = [
    { uses: 'pacstrap', with: base },
    ...then.map((each) => ({ uses: 'packages', with: each })),
    ...last,
  ];
  if (mirror === 'none') vi.stubEnv('LUNSMITH_MIRROR', undefined);
  const chosen = mirror === 'none' ? {} : { mirror: mirror ?? repository.url };
  return runStages(steps, { base: 'empty', ...chosen, ...(lock === undefined ? {} : { lock }) });
}

afterEach(() => vi.unstubAllEnvs());

/** Folders and files of a resolution that are to be gone with it. */
async function halfMade(): Promise<string[]> {
  const names = await readdir(packageFolders().state, { recursive: true });
  return names.filter((name) => /^pacman-(?!keys|signatures)|(^|\/)new-|\/pacman-[^/]*\.conf$/.test(name));
}

/** The first diagnostic; nothing of the attempt is left. */
async function failureOf(wishes: Wishes = {}) {
  await using rig = await build(wishes);
  const { failure } = rig;
  if (failure === undefined) throw new Error('it did not fail');
  expect(await halfMade()).toEqual([]);
  return { kind: failure.kind, ...failure.diagnostics[0] };
}

describe('a request', () => {
  beforeAll(() => repository.publish(ALL));

  it('comes to exact packages, each with its digest and signature, and is installed from the pool', async () => {
    const then = [{ install: ['editors'] }];
    await using rig = await build({
      options: { include: ['filesystem', 'libfoo=2'] },
      then: then.slice(0, 1),
    });
    expect(rig.failure?.toRecord()).toBeUndefined();
    const [base, editors] = rig.lock.steps;
    expect(base?.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'filesystem 1-1',
      'libfoo 2-1',
    ]);
    expect(editors?.packages).toMatchObject([
      { name: 'nano-one', architecture: 'all', archive: 'core', path: 'nano-one-1-1-any.pkg.tar.zst' },
      { name: 'vi-one', version: '1:3.2-4', path: 'vi-one-1:3.2-4-any.pkg.tar.zst' },
    ]);
    const signature = await readFile(`${repository.file(FILESYSTEM)}.sig`, 'base64');
    expect(base?.packages[0]?.index).toEqual({ signature });
    expect(rig.records['packages']).toEqual(
      [
        ['filesystem', '1-1'],
        ['libfoo', '2-1'],
        ['nano-one', '1-1'],
        ['vi-one', '1:3.2-4'],
      ].map(([name, version]) => ({ name, version, architecture: 'all' })),
    );
    expect(rig.lock.indexes).toMatchObject([{ archive: 'core', date: '2023-11-14T22:13:20Z' }]);
    const changed = await rig.changed();
    expect(changed).toContain('usr/share/vi-one');
    expect(changed).toContain('var/lib/pacman/local/vi-one-1:3.2-4/desc');
    expect(changed.filter((path) => /^(dev|proc|run|tmp)\//.test(path))).toEqual([]);
  });

  it('removes what it names, and nothing else', async () => {
    await using rig = await build({
      options: { include: ['filesystem', 'vi-one'] },
      then: [{ remove: ['vi-one'] }],
    });
    expect(rig.failure?.toRecord()).toBeUndefined();
    expect((rig.records['packages'] as { name: string }[]).map(({ name }) => name)).toEqual([
      'filesystem',
      'nano-one',
    ]);
  });

  it.each<[string, Wishes, object]>([
    [
      'for a name with a slip',
      { options: { include: ['libfo'] } },
      { what: 'No repository has a package libfo.', hint: 'Did you mean libfoo?' },
    ],
    [
      'for a version that is not there',
      { options: { include: ['libfoo=1-1'] } },
      { what: 'The repositories do not have libfoo 1-1.', found: 'libfoo 2-1' },
    ],
    [
      'for a version of a group',
      { options: { include: ['editors=1'] } },
      { what: 'editors is a group of packages, which has no version.', hint: 'Ask for `editors` alone.' },
    ],
    [
      'for the removal of a group',
      { options: { include: ['editors'] }, then: [{ remove: ['editors'] }] },
      { what: 'editors is a group, not a package.', hint: 'Remove of it what has to go: nano-one, vi-one.' },
    ],
    [
      'for the removal of what is not there',
      { options: { include: ['filesystem'] }, then: [{ remove: ['vi-one'] }] },
      { what: 'vi-one is not installed, and cannot be removed.' },
    ],
    [
      'for the removal of what others need',
      { options: { include: ['vi-one'] }, then: [{ remove: ['nano-one'] }] },
      { what: 'nano-one cannot be removed: vi-one needs it.', hint: 'Keep it, or remove vi-one too.' },
    ],
    [
      'for packages that exclude each other',
      { options: { include: ['libfoo', 'other-foo'] } },
      { what: 'These packages exclude each other.' },
    ],
    [
      'to hold a group',
      { options: { include: ['editors'] }, then: [{ hold: ['editors'] }] },
      { what: 'editors is not installed, and cannot be held.' },
    ],
  ])('is refused %s', async (_, wishes, expected) => {
    expect(await failureOf(wishes)).toMatchObject({ kind: 'recipe', ...expected });
  });
});

const KEYMAP = '/usr/share/kbd/keymaps/i386/qwertz/de.map.gz';

describe('in a tree of Arch', () => {
  let rig: StageRig;
  beforeAll(async () => {
    // Of the managers it is enough that they are installed.
    const managers = ['systemd', 'networkmanager', 'dhcpcd'].map((name) => ({ name }));
    await repository.publish([...ALL, ...managers]);
    const config = { path: '/etc/pacman.conf', content: '[options]\n#IgnorePkg =\nIgnorePkg = vi-one\n' };
    const include = ['filesystem', 'libfoo', ...managers.map(({ name }) => name)];
    const last = [
      { uses: 'files', with: { files: [config, { path: KEYMAP, content: '' }] } },
      { uses: 'packages', with: { hold: ['libfoo'] } },
      { uses: 'network', with: { dns: 'keep' } },
      { uses: 'locale', with: { keymap: 'de' } },
    ];
    rig = await build({ options: { include }, last });
    expect(rig.failure?.toRecord()).toBeUndefined();
  });
  afterAll(() => rig[Symbol.asyncDispose]());
  const file = (step: string, path: string) => join(rig.folder, step, 'tree', path);

  it('packages are held by what pacman itself reads', async () => {
    const config = file('3-packages', 'etc/pacman.conf');
    const { stdout } = await execa('pacman-conf', ['--config', config, 'IgnorePkg']);
    expect(stdout).toBe('vi-one\nlibfoo');
  });

  it('each manager of networks that is there leaves the boot NIC alone', async () => {
    const said = (path: string) => readFile(file('4-network', path), 'utf8');
    expect(await said('etc/systemd/network/89-boot-nic.network')).toContain('KeepConfiguration=yes');
    expect(await said('etc/NetworkManager/conf.d/10-boot-nic.conf')).toContain(
      'unmanaged-devices=type:ethernet',
    );
    expect(await said('etc/dhcpcd.conf')).toBe('denyinterfaces e*\n');
    const changed = await rig.changed();
    expect(changed.filter((path) => /^etc\/(netplan|network)\//.test(path))).toEqual([]);
  });

  it('language and keyboard are those that systemd reads', async () => {
    const said = (path: string) => readFile(file('5-locale', path), 'utf8');
    expect(await said('etc/locale.conf')).toBe('LANG=C.UTF-8\n');
    expect(await said('etc/vconsole.conf')).toBe('KEYMAP=de\nXKBLAYOUT=de\n');
  });
});

describe('what is not signed as it should be', () => {
  it('is a database without a signature', async () => {
    await repository.publish(ALL, { databaseKey: 'none' });
    expect(await failureOf()).toMatchObject({
      kind: 'signature',
      what: 'Could not fetch the package databases: the database has no signature.',
      expected: `a signature by a key of ${repository.key.keyring}`,
    });
    await using rig = await build({ options: { 'database-signature': 'optional' } });
    expect(rig.failure?.toRecord()).toBeUndefined();
  });

  it('is a database that another key signs', async () => {
    await repository.publish(ALL, { databaseKey: stranger });
    expect(await failureOf()).toMatchObject({
      kind: 'signature',
      what: 'Could not fetch the package databases: a signature is by a key that is not in the keyring.',
    });
  });

  it('is a package that another key signs', async () => {
    await repository.publish(ALL, { packageKey: stranger });
    expect(await failureOf()).toMatchObject({
      kind: 'signature',
      what: 'Could not install packages: a signature is by a key that is not in the keyring.',
    });
  });

  it('is a package without a signature', async () => {
    await repository.publish([FILESYSTEM]);
    await rm(`${repository.file(FILESYSTEM)}.sig`);
    await makeDatabase(repository.folder, 'core', { databaseKey: repository.key });
    const { url } = repository;
    expect(await failureOf({ options: { include: ['filesystem'] } })).toMatchObject({
      kind: 'signature',
      what: 'No mirror has the signature of filesystem 1-1.',
      expected: 'filesystem-1-1-any.pkg.tar.zst.sig beside the package',
      found: `HTTP status 404 for ${url}/core/os/x86_64/filesystem-1-1-any.pkg.tar.zst.sig`,
    });
  });

  it('is a package with the signature of another one', async () => {
    await repository.publish(ALL);
    await copyFile(`${repository.file(LIBFOO)}.sig`, `${repository.file(FILESYSTEM)}.sig`);
    await makeDatabase(repository.folder, 'core', { databaseKey: repository.key });
    expect(await failureOf()).toMatchObject({
      kind: 'signature',
      what: 'Could not install packages: a signature cannot be trusted.',
    });
  });

  it('is what a key signed that has expired since', async () => {
    const at = Math.floor(Date.now() / 1000) - 10 * 86_400;
    const expired = await makeKey(join(more, 'expired'), '3d', at);
    await repository.publish(ALL, { packageKey: expired, databaseKey: expired, at });
    expect(await failureOf({ keyring: expired.keyring })).toMatchObject({
      kind: 'signature',
      what: `No key of the keyring ${expired.keyring} is valid.`,
      found: expect.stringMatching(/^[0-9A-F]{40} has expired$/) as string,
    });
    // The same key among others that are valid.
    const both = join(more, 'both.gpg');
    const keys = [expired.keyring, repository.key.keyring].map((file) => readFile(file));
    await writeFile(both, Buffer.concat(await Promise.all(keys)));
    expect(await failureOf({ keyring: both })).toMatchObject({
      kind: 'signature',
      what: 'Could not fetch the package databases: a signature cannot be trusted.',
    });
  });
});

it('the signature of the database before, newer than that of the mirror, is fetched anew', async () => {
  const options = { include: ['libfoo'] };
  await repository.publish(ALL);
  await using first = await build({ options });
  const folder = join(packageFolders().state, 'pacman');
  const tomorrow = Date.now() / 1000 + 86_400;
  for (const path of await readdir(folder, { recursive: true }))
    if (path.endsWith('.db.sig')) await utimes(join(folder, path), tomorrow, tomorrow);
  await repository.publish([{ ...LIBFOO, version: '9-1' }]);
  await using second = await build({ options });
  expect([first.failure, second.failure]).toEqual([undefined, undefined]);
  expect(second.records['packages']).toMatchObject([{ name: 'libfoo', version: '9-1' }]);
});

describe('a keyring', () => {
  const keyring = async (name: string, files: Readonly<Record<string, string | Uint8Array>>) => {
    for (const [end, content] of Object.entries(files)) await writeFile(join(more, `${name}${end}`), content);
    return join(more, `${name}.gpg`);
  };

  it('that trusts none of its keys', async () => {
    const keys = await readFile(repository.key.keyring);
    const file = await keyring('odd', { '.gpg': keys, '-trusted': `${'A'.repeat(40)}:4:\n` });
    expect(await failureOf({ keyring: file })).toMatchObject({
      kind: 'signature',
      what: `No key that is trusted is in the keyring ${file}.`,
      expected: `a key that ${join(more, 'odd-trusted')} names`,
    });
  });

  it('that is cut short', async () => {
    const keys = await readFile(repository.key.keyring);
    const file = await keyring('short', { '.gpg': keys.subarray(0, 20) });
    expect(await failureOf({ keyring: file })).toMatchObject({
      kind: 'signature',
      what: `The keyring ${file} holds no key.`,
    });
  });

  it('with a list of keys of which it has one more', async () => {
    await repository.publish(ALL);
    const keys = await readFile(repository.key.keyring);
    const { stdout } = await execa('gpg', ['--with-colons', '--show-keys', repository.key.keyring]);
    const [, own = ''] = /^fpr:+([0-9A-F]{40}):/m.exec(stdout) ?? [];
    const lists = { '-trusted': `${'A'.repeat(40)}:4:\n${own}:4:\n`, '-revoked': `${'B'.repeat(40)}\n` };
    await using rig = await build({ keyring: await keyring('more', { '.gpg': keys, ...lists }) });
    expect(rig.failure?.toRecord()).toBeUndefined();
  });
});

describe('servers', () => {
  const servers = (...urls: string[]) => urls.map((url) => `${url}/$repo/os/$arch`);

  it('are asked in turn for what the first has no more', async () => {
    await repository.publish([{ name: 'filesystem', version: '5-1' }]);
    const half = join(more, 'half/core/os/x86_64');
    await mkdir(half, { recursive: true });
    for (const name of ['core.db', 'core.db.sig'])
      await copyFile(join(repository.folder, name), join(half, name));
    await using first = await serveRepositories(join(more, 'half'));
    const mirrors = servers(first.url, repository.url);
    await using rig = await build({ mirror: 'none', options: { mirrors, include: ['filesystem'] } });
    expect(rig.failure?.toRecord()).toBeUndefined();
    expect(first.asked).toContain('/core/os/x86_64/filesystem-5-1-any.pkg.tar.zst');
    expect(repository.asked).toContain('/core/os/x86_64/filesystem-5-1-any.pkg.tar.zst');
  });

  it('of a day are asked for that day, also those of the command line', async () => {
    await repository.publish([{ name: 'filesystem', version: '6-1' }]);
    await mkdir(join(more, 'days/2026/11'), { recursive: true });
    await symlink(dirname(dirname(dirname(repository.folder))), join(more, 'days/2026/11/01'));
    await using days = await serveRepositories(join(more, 'days'));
    const mirrors = ['http://mirror.example.org/$snapshot/$repo/os/$arch'];
    const options = { mirrors, snapshot: '2026-11-01', include: ['filesystem'] };
    await using rig = await build({ mirror: days.url, options });
    expect(rig.failure?.toRecord()).toBeUndefined();
    expect(days.asked).toContain('/2026/11/01/core/os/x86_64/filesystem-6-1-any.pkg.tar.zst');
    const [server] = servers(repository.url);
    expect(await failureOf({ mirror: server ?? '', options })).toMatchObject({
      kind: 'recipe',
      what: '`--mirror`: This server does not keep the packages of a day.',
      found: server,
    });
  });
});

describe('a mirror', () => {
  it('that refuse connections', async () => {
    const { origin } = new URL(await closedPort());
    expect(await failureOf({ mirror: origin })).toMatchObject({
      kind: 'network',
      what: `Could not fetch the package databases: ${origin}/$repo/os/$arch cannot be reached.`,
    });
  });

  it('that does not have the repository', async () => {
    expect(await failureOf({ options: { repositories: ['core', 'nonesuch'] } })).toMatchObject({
      kind: 'network',
      what: `Could not fetch the package databases: ${repository.url}/$repo/os/$arch does not have it.`,
    });
  });

  it('whose database is newer than its packages', async () => {
    const fresh = { name: 'filesystem', version: '3-1' };
    await repository.publish([fresh, LIBFOO]);
    await rm(repository.file(fresh));
    expect(await failureOf({ options: { include: ['filesystem'] } })).toMatchObject({
      kind: 'network',
      what: 'filesystem 3-1 is gone from the mirror and not in the pool.',
    });
  });

  it('that has another file than its database says', async () => {
    const changed = { name: 'filesystem', version: '4-1' };
    await repository.publish([changed, LIBFOO]);
    await writeFile(repository.file(changed), 'something else');
    await signFile(repository.key, repository.file(changed));
    expect(await failureOf({ options: { include: ['filesystem'] } })).toMatchObject({
      kind: 'integrity',
      what: 'The mirror has another file for filesystem 4-1 than its index says.',
    });
  });

  it('that has a part of its database', async () => {
    await repository.publish(ALL, { databaseKey: 'none' });
    await truncate(join(repository.folder, 'core.db'), 300);
    expect(await failureOf({ options: { 'database-signature': 'optional' } })).toMatchObject({
      kind: 'integrity',
      what: 'The database core is cut short or damaged.',
    });
  });

  it('from which a step takes packages of a later day than the steps before', async () => {
    const options = { include: ['libfoo'] };
    const then = [{ install: ['bar'] }];
    const bar = (depends: string) => ({ name: 'bar', depends: [depends] });
    await repository.publish([LIBFOO, bar('libfoo>=2')]);
    await using early = await build({ options, then });
    await repository.publish([
      { ...LIBFOO, version: '3-1' },
      { ...bar('libfoo>=3'), version: '2-1' },
    ]);
    await using late = await build({ options, then });
    expect([early.failure, late.failure]).toEqual([undefined, undefined]);
    const [libfoo] = early.lock.steps;
    const [, later] = late.lock.steps;
    if (libfoo === undefined || later === undefined) throw new Error('unreachable');
    const lock = { ...late.lock, steps: [libfoo, later] };
    expect(await failureOf({ options, then, lock })).toMatchObject({
      kind: 'integrity',
      what: 'The packages of this step do not fit those that are installed: Arch Linux knows no partial upgrades.',
      found: expect.stringContaining("'libfoo>=3' required by bar") as string,
      hint: expect.stringContaining('--update') as string,
    });
  });

  it('that has got half of an update', async () => {
    await repository.publish([BASE, { name: 'libfoo', version: '1-1' }, FILESYSTEM]);
    expect(await failureOf()).toMatchObject({
      kind: 'recipe',
      what: 'The packages do not fit together.',
      found: expect.stringContaining('libfoo>=2') as string,
    });
  });

  it('leaves the databases of its last days behind, and no more: those of all tests before', async () => {
    const folder = join(packageFolders().state, 'pacman');
    const kept = await Promise.all(
      (await readdir(folder)).map((name) => readdir(join(folder, name, 'kept')).catch(() => [])),
    );
    expect(Math.max(...kept.map(({ length }) => length))).toBe(3);
  });
});
