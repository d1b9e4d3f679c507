/** A small signed apt archive on the loopback, made of packages that hold nothing but their control data. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { serve, type TestArchive } from './archive.js';

export interface SmallPackage {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** More fields of the control file, such as `Depends`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Fields of the index that override the package's own. */
  readonly index?: Readonly<Record<string, string>>;
}

export interface SmallArchive extends TestArchive {
  /** Path of the keyring that signs it. */
  readonly keyring: string;
  /** Path of a keyring that does not. */
  readonly otherKeyring: string;
  /** Replaces all that the archive has. */
  publish(packages: readonly SmallPackage[], release?: ReleaseWishes): Promise<void>;
  /** Replaces what is answered at a path; undefined: nothing is there. */
  answer(path: string, content: Buffer | undefined): void;
  /** What is there. */
  content(path: string): Buffer | undefined;
}

export interface ReleaseWishes {
  /** Default: a day ago. */
  readonly date?: Date;
  readonly validUntil?: Date;
  /** Default true. */
  readonly signed?: boolean;
  /** What the index says of itself; default: the suite. */
  readonly names?: { readonly suite?: string; readonly codename?: string };
  /** The index lies in the archive's folder itself, which has no suites. */
  readonly flat?: boolean;
  /** Last part of the URL of a snapshot, beside what the archive has without it. */
  readonly snapshot?: string;
}

/**
 * @param suite the only suite, which has one component `main` and neither updates nor security
 * @param login `USER:PASSWORD` that it asks for; default: none
 */
export async function smallArchive(suite: string, login?: string): Promise<SmallArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'small-archive-'));
  const keys = await Promise.all(['archive', 'other'].map((name) => makeKey(join(folder, name))));
  const [key, other] = keys as [string, string];
  const files = new Map<string, Buffer>();
  const archive = await serve((request, response) => {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/debian\//, ''));
    const content = files.get(path);
    const asked = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    if (asked !== undefined && request.headers.authorization !== asked)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="archive"' }).end();
    else if (content === undefined) response.writeHead(404).end();
    else answerFile(request, response, content);
  });
  return {
    ...archive,
    keyring: join(key, 'keyring.gpg'),
    otherKeyring: join(other, 'keyring.gpg'),
    answer: (path, content) => {
      if (content === undefined) files.delete(path);
      else files.set(path, content);
    },
    content: (path) => files.get(path),
    publish: async (packages, release = {}) => {
      const top = release.snapshot === undefined ? '' : `${release.snapshot}/`;
      if (top === '') files.clear();
      const stanzas: string[] = [];
      for (const each of packages) {
        const { path, content, control } = await makePackage(join(folder, 'build'), each);
        files.set(`${top}${path}`, content);
        stanzas.push(indexed(control, each, path, content));
      }
      const index = Buffer.from(stanzas.join('\n'));
      const indexPath = release.flat === true ? 'Packages' : 'main/binary-amd64/Packages';
      const at = release.flat === true ? top : `${top}dists/${suite}/`;
      files.set(`${at}${indexPath}`, index);
      const text = releaseText(suite, indexPath, index, release);
      if (release.signed === false) files.set(`${at}Release`, Buffer.from(text));
      else files.set(`${at}InRelease`, Buffer.from(await sign(key, text)));
    },
    [Symbol.asyncDispose]: async () => {
      await archive[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** With `304 Not Modified` as archives do: apt asks whether a list changed since the time that it has. */
export function answerFile(
  request: Parameters<Parameters<typeof serve>[0]>[0],
  response: Parameters<Parameters<typeof serve>[0]>[1],
  content: Buffer,
): void {
  // The time of a file is made of its content, in whole seconds of the past.
  const seconds = createHash('sha256').update(content).digest().readUInt32BE() % 1_000_000_000;
  const modified = new Date(seconds * 1000).toUTCString();
  if (request.headers['if-modified-since'] === modified) response.writeHead(304).end();
  else response.writeHead(200, { 'last-modified': modified, 'content-length': content.length }).end(content);
}

/** Makes a key and its `keyring.gpg` in a new folder, which is returned. */
export async function makeKey(home: string): Promise<string> {
  await mkdir(home, { mode: 0o700 });
  const gpg = (...args: string[]) => execa('gpg', ['--homedir', home, '--batch', '--quiet', ...args]);
  await gpg('--passphrase', '', '--quick-generate-key', 'Archive <archive@example.org>', 'ed25519', 'sign');
  await gpg('--output', join(home, 'keyring.gpg'), '--export');
  return home;
}

/** @param home folder of a key as {@link makeKey} makes it */
export async function sign(home: string, text: string): Promise<string> {
  const argv = ['--homedir', home, '--batch', '--quiet', '--clear-sign'];
  return (await execa('gpg', argv, { input: text })).stdout;
}

async function makePackage(
  folder: string,
  { name, version = '1', architecture = 'all', fields = {} }: SmallPackage,
): Promise<{ path: string; content: Buffer; control: string }> {
  const given = { Priority: 'optional', Section: 'misc', ...fields };
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: Nobody <nobody@example.org>',
    ...Object.entries(given).map(([field, value]) => `${field}: ${value}`),
    'Description: a package of a test',
    '',
  ].join('\n');
  const tree = join(folder, 'tree');
  const file = join(folder, 'package.deb');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await writeFile(join(tree, 'DEBIAN', 'control'), control);
  // The same package is the same file, see deb(5).
  const env = { SOURCE_DATE_EPOCH: '0' };
  await execa('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, file], { env });
  const short = version.replace(/^\d+:/, '');
  return { path: `pool/main/${name}_${short}_${architecture}.deb`, content: await readFile(file), control };
}

function indexed(control: string, { index = {} }: SmallPackage, path: string, content: Buffer): string {
  const lines = control.trimEnd().split('\n');
  const own = lines.filter((line) => !Object.keys(index).some((field) => line.startsWith(`${field}: `)));
  const more = { ...index, Filename: path, Size: String(content.length), SHA256: digest(content) };
  return [...own, ...Object.entries(more).map(([field, value]) => `${field}: ${value}`), ''].join('\n');
}

const DAY_MS = 86_400_000;

function releaseText(suite: string, path: string, index: Buffer, wishes: ReleaseWishes): string {
  const names = wishes.names ?? { suite, codename: suite };
  const date = wishes.date ?? new Date(Date.now() - DAY_MS);
  return [
    'Origin: Test',
    ...(names.suite === undefined ? [] : [`Suite: ${names.suite}`]),
    ...(names.codename === undefined ? [] : [`Codename: ${names.codename}`]),
    `Date: ${date.toUTCString()}`,
    ...(wishes.validUntil === undefined ? [] : [`Valid-Until: ${wishes.validUntil.toUTCString()}`]),
    'Architectures: amd64',
    'Components: main',
    'SHA256:',
    ` ${digest(index)} ${index.length} ${path}`,
    '',
  ].join('\n');
}

export function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
