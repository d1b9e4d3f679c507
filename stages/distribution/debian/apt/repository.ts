/**
 * A small archive of packages from the pool, from which apt and the bootstrap tools install without the network. It needs no
 * signature: each file was checked against the digest that the signed index of its archive gave it.
 */
import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import PQueue from 'p-queue';
import { Failure } from '../../../../base/failure.js';
import type { Ports } from '../../../../base/ports.js';
import { replaceFile } from '../../../../base/replace-file.js';
import { allSettled } from '../../../../base/settled.js';
import type { PooledPackage } from '../../../../pipeline/stage.js';
import { withFields } from './stanza.js';
import { describes } from './world.js';

/** Packages whose control data are read at once. */
const READERS = 4;

export interface Repository {
  /** Absolute path. */
  readonly folder: string;
  readonly suite: string;
}

/**
 * Writes `dists/SUITE` and, as hard links where the file system lets us, `pool/`.
 * @throws Failure of kind `integrity` when a file is not the package that the lock says
 */
export async function writeRepository(
  packages: readonly PooledPackage[],
  about: { readonly folder: string; readonly suite: string; readonly architecture: string },
  ports: Pick<Ports, 'run'>,
): Promise<Repository> {
  const { folder, suite, architecture } = about;
  const index = `main/binary-${architecture}/Packages`;
  const dists = join(folder, 'dists', suite);
  await mkdir(join(dists, 'main', `binary-${architecture}`), { recursive: true });
  await mkdir(join(folder, 'pool'), { recursive: true });
  const queue = new PQueue({ concurrency: READERS });
  const stanzas = await allSettled(
    packages.map((each) =>
      queue.add(async () => {
        const path = `pool/${fileName(each)}`;
        await place(each.file, join(folder, path));
        return indexStanza(await controlOf(each, ports), each, path);
      }),
    ),
  );
  const text = stanzas.map((stanza) => `${stanza}\n\n`).join('');
  await writeFile(join(dists, index), text);
  await writeFile(join(dists, 'Release'), releaseText({ suite, architecture, index, text }));
  return { folder, suite };
}

/** The line of sources.list(5). @param at the folder as it is seen where the line is used */
export function repositorySource(scheme: 'copy' | 'file', at: string, suite: string): string {
  return `deb [trusted=yes] ${scheme}:${pathToFileURL(at).pathname} ${suite} main`;
}

/** As in an archive's own pool: without the epoch of the version. */
export function fileName({ name, version, architecture }: PooledPackage): string {
  return `${name}_${version.replace(/^[0-9]+:/, '')}_${architecture}.deb`;
}

/** Pure: the package's stanza in an index. */
export function indexStanza(control: string, each: PooledPackage, path: string): string {
  return withFields(control, {
    ...each.index,
    Filename: path,
    Size: String(each.bytes),
    SHA256: each.sha256,
  });
}

/** Pure: the text of the Release file; without a date, which would differ from build to build. */
export function releaseText(of: {
  readonly suite: string;
  readonly architecture: string;
  readonly index: string;
  readonly text: string;
}): string {
  const digest = createHash('sha256').update(of.text).digest('hex');
  return [
    `Suite: ${of.suite}`,
    `Codename: ${of.suite}`,
    `Architectures: ${of.architecture}`,
    'Components: main',
    'SHA256:',
    ` ${digest} ${Buffer.byteLength(of.text)} ${of.index}`,
    '',
  ].join('\n');
}

async function place(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(code)) throw error;
    await copyFile(from, to);
  });
}

/** The control data of a package, kept beside it in the pool. */
async function controlOf(each: PooledPackage, { run }: Pick<Ports, 'run'>): Promise<string> {
  const kept = `${each.file}.control`;
  const known = await readFile(kept, 'utf8').catch(() => undefined);
  if (known !== undefined && describes(known, each)) return known;
  const { stdout } = await run(['dpkg-deb', '--field', each.file], {
    doing: `read the control data of ${each.name}`,
    quiet: true,
  });
  const control = stdout.trimEnd();
  if (!describes(control, each)) {
    throw new Failure('integrity', {
      what: `The package file of ${each.name} is another package than the lock says.`,
      expected: `${each.name} ${each.version} (${each.architecture})`,
      found: control
        .split('\n')
        .filter((line) => /^(Package|Version|Architecture):/.test(line))
        .join(', '),
      hint: 'Run `npx lunsmith lock RECIPE --update`.',
    });
  }
  await replaceFile(kept, control);
  return control;
}
