/**
 * A miniature Ubuntu: an archive with its suites, components, names and keys, of which a machine can be installed that boots over iSCSI.
 * No archive of Ubuntu can be asked by tests, so that its packages are Debian 13's, which are laid out as those of Ubuntu 24.04 are
 * (a merged /usr that base-files brings); what Ubuntu calls otherwise is made of them. Of Ubuntu's own packages it proves nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { execa } from 'execa';
import { fieldOf, withFields } from '../../../stages/distribution/debian/apt/stanza.js';
import { archiveOfDebian, handOn, serve, type TestArchive } from '../archive.js';
import { shared } from '../shared.js';
import { answerFile, digest, makeKey, sign } from '../small-archive.js';

const SUITE = 'noble';
/** Of which its packages are. */
const DEBIAN_SUITE = 'trixie';
/** Of which its kernel is: one of few drivers, which tests boot often. */
const KERNEL_SUITE = 'bookworm';
/** Debian's own: what Ubuntu has nothing of, or calls otherwise. */
const LEFT_OUT = /^(?:debian-archive-keyring|busybox|linux-image-.*)$/;
/** Packages of Ubuntu's other component. */
export const UNIVERSE = ['hello'];

/** Fields of a package's control data, and what is done to its tree. */
interface Making {
  /** Package of Debian that it is made of. */
  readonly of: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly change?: (tree: string) => Promise<void>;
}

interface Made {
  readonly pocket: '' | '-updates' | '-security';
  readonly stanza: string;
}

/** What os-release(5) and the login prompt say. @param point of the release, as `24.04.1` */
function ubuntuNames(point: string): (tree: string) => Promise<void> {
  return async (tree) => {
    const text = [
      `PRETTY_NAME="Ubuntu ${point} LTS"`,
      'NAME="Ubuntu"',
      'VERSION_ID="24.04"',
      `VERSION="${point} LTS (Noble Numbat)"`,
      'VERSION_CODENAME=noble',
      'ID=ubuntu',
      'ID_LIKE=debian',
      'UBUNTU_CODENAME=noble',
      '',
    ];
    await writeFile(join(tree, 'usr/lib/os-release'), text.join('\n'));
    await writeFile(join(tree, 'etc/issue'), `Ubuntu ${point} LTS \\n \\l\n\n`);
  };
}

/** The miniature of this run: a folder with `key/`, `dists/` and what of `pool/` is its own. */
async function miniature(): Promise<string> {
  return shared('ubuntu', async (folder) => {
    const key = await makeKey(join(folder, 'key'));
    const keyring = join(key, 'keyring.gpg');
    const debian = await debianPackages(DEBIAN_SUITE);
    const kernels = await debianPackages(KERNEL_SUITE);
    const kernel = [...kernels.keys()].find((name) => /^linux-image-[0-9].*-cloud-amd64$/.test(name));
    if (kernel === undefined) throw new Error(`${KERNEL_SUITE} has no linux-image-VERSION-cloud-amd64`);
    const generic = kernel.replace('cloud-amd64', 'generic');
    const made: Made[] = [];
    const make = async (pocket: Made['pocket'], making: Making, of = debian) => {
      made.push(await rebuild(folder, of, pocket, making));
    };
    await make('', {
      of: 'base-files',
      fields: { Version: '13.99ubuntu10' },
      change: ubuntuNames('24.04'),
    });
    await make('-updates', {
      of: 'base-files',
      fields: { Version: '13.99ubuntu10.1' },
      change: ubuntuNames('24.04.1'),
    });
    const depends = fieldOf(debian.get('apt') ?? '', 'Depends') ?? '';
    await make('', {
      of: 'apt',
      fields: { Version: '3.0ubuntu1', Depends: depends.replace('debian-archive-keyring', 'ubuntu-keyring') },
    });
    await make('', {
      of: 'debian-archive-keyring',
      fields: { Package: 'ubuntu-keyring', Version: '2023.11.28.1' },
      change: async (tree) => {
        await execa('find', [
          tree,
          '-type',
          'f,l',
          '(',
          '-name',
          'debian-archive-*',
          '-o',
          '-name',
          'conffiles',
          ')',
          '-delete',
        ]);
        await cp(keyring, join(tree, 'usr/share/keyrings/ubuntu-archive-keyring.gpg'));
      },
    });
    await make('', { of: 'busybox', fields: { Package: 'busybox-initramfs' } });
    const forRoot = async (tree: string) => {
      await execa('find', [join(tree, 'boot'), '-name', 'vmlinuz-*', '-exec', 'chmod', '600', '{}', '+']);
    };
    // Ubuntu's kernels are for root alone.
    await make('', { of: kernel, fields: { Package: generic }, change: forRoot }, kernels);
    await make('', {
      of: 'linux-image-cloud-amd64',
      fields: { Package: 'linux-image-generic', Depends: generic, Version: '6.8.0-31.31' },
    });
    await make('-security', { of: 'hostname', fields: { Version: '3.99ubuntu1' } });
    await writeSuites(folder, debian, made);
  });
}

/** Signed indexes, in `dists/`. */
async function writeSuites(
  folder: string,
  debian: ReadonlyMap<string, string>,
  made: readonly Made[],
): Promise<void> {
  const own = new Set(made.map(({ stanza }) => fieldOf(stanza, 'Package')));
  const kept = [...debian].filter(
    ([name]) => name !== '' && !LEFT_OUT.test(name) && (name === 'hostname' || !own.has(name)),
  );
  for (const pocket of ['', '-updates', '-security'] as const) {
    const place = join(folder, 'dists', `${SUITE}${pocket}`);
    const ofDebian = (universe: boolean) =>
      pocket === ''
        ? kept.filter(([name]) => UNIVERSE.includes(name) === universe).map(([, stanza]) => stanza)
        : [];
    const changed = made.filter((each) => each.pocket === pocket).map(({ stanza }) => stanza);
    const sums: string[] = [];
    for (const [component, stanzas] of [
      ['main', [...ofDebian(false), ...changed]],
      ['universe', ofDebian(true)],
    ] as const) {
      const path = `${component}/binary-amd64/Packages`;
      const text = Buffer.from(stanzas.map((stanza) => `${stanza}\n\n`).join(''));
      await mkdir(join(place, dirname(path)), { recursive: true });
      await writeFile(join(place, path), text);
      sums.push(` ${digest(text)} ${text.length} ${path}`);
    }
    // As Ubuntu has it: all pockets have one code name.
    const release = [
      ...[
        'Origin: Ubuntu',
        'Label: Ubuntu',
        `Suite: ${SUITE}${pocket}`,
        'Version: 24.04',
        `Codename: ${SUITE}`,
      ],
      `Date: ${new Date(Date.now() - 3_600_000).toUTCString()}`,
      ...['Architectures: amd64', 'Components: main universe', 'SHA256:', ...sums, ''],
    ];
    await writeFile(join(place, 'InRelease'), await sign(join(folder, 'key'), release.join('\n')));
  }
}

/** Stanzas of Debian's packages by their names. */
async function debianPackages(suite: string): Promise<ReadonlyMap<string, string>> {
  const { main } = await archiveOfDebian();
  const answer = await fetch(`${main}/dists/${suite}/main/binary-amd64/Packages.xz`);
  const { stdout } = await execa('xz', ['--decompress', '--stdout'], {
    input: Buffer.from(await answer.arrayBuffer()),
    maxBuffer: 200 << 20,
  });
  return new Map(stdout.split(/\n\n+/).map((stanza) => [fieldOf(stanza, 'Package') ?? '', stanza]));
}

async function rebuild(
  folder: string,
  debian: ReadonlyMap<string, string>,
  pocket: Made['pocket'],
  { of, fields, change }: Making,
): Promise<Made> {
  const { main } = await archiveOfDebian();
  const from = fieldOf(debian.get(of) ?? '', 'Filename');
  if (from === undefined) throw new Error(`Debian has no ${of}`);
  const place = join(folder, 'making');
  const tree = join(place, 'tree');
  const original = join(place, 'original.deb');
  await mkdir(place);
  await writeFile(original, Buffer.from(await (await fetch(`${main}/${from}`)).arrayBuffer()));
  await execa('dpkg-deb', ['--raw-extract', original, tree]);
  await change?.(tree);
  const control = join(tree, 'DEBIAN/control');
  const text = withFields((await readFile(control, 'utf8')).trimEnd(), fields);
  await writeFile(control, `${text}\n`);
  const path = `pool/main/u/${fieldOf(text, 'Package')}_${fieldOf(text, 'Version')}${pocket}.deb`;
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await execa('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z1', '--build', tree, file]);
  await rm(place, { recursive: true });
  const content = await readFile(file);
  const about = { Filename: path, Size: String(content.length), SHA256: digest(content) };
  return { pocket, stanza: withFields(text, about) };
}

export interface UbuntuArchive extends TestArchive {
  /** Path of the keyring that signs it. */
  readonly keyring: string;
}

/** Serves the miniature of the run; what is Debian's as it is comes from Debian's archive. */
export async function ubuntuArchive(): Promise<UbuntuArchive> {
  const folder = await miniature();
  const { main } = await archiveOfDebian();
  const archive = await serve((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/debian\//, ''));
    const own = normalize(join(folder, path));
    if (own.startsWith(`${folder}/`) && existsSync(own)) answerFile(request, response, readFileSync(own));
    else if (path.startsWith('pool/')) void handOn(`${main}/${path}`, response);
    else response.writeHead(404).end();
  });
  return { ...archive, keyring: join(folder, 'key/keyring.gpg') };
}
