/** Releases of a few blocks, and target hosts that are folders, with less on them, or with a bad connection. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSparse, fileSizes, writeAt } from '../../../artifacts/formats/sparse.js';
import { commitRelease, digestFiles, type Release, readRelease } from '../../../artifacts/release/release.js';
import { createPorts } from '../../../base/command.js';
import type { Event } from '../../../base/event.js';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { openDirectory } from '../../../hosts/host/directory.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import type { HostFacts } from '../../../hosts/site/facts.js';
import { smallManifest, withRoles } from '../../util/manifest.js';

export const BLOCK = 4096;
/** From 256 MiB on a file is an image, with an fs-verity digest. */
export const IMAGE = 260 * 2 ** 20;

/** A block that no other number gives. */
export function block(number: number): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  // A generator after Lehmer: the tests of packing need something that does not pack.
  let state = number * 2 + 1;
  for (let at = 0; at < BLOCK; at += 4) {
    state = (state * 48271) % 2147483647;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

export interface Content {
  /** Contents by number of the block. */
  readonly image: Readonly<Record<number, Buffer>>;
  /** Bytes of the image. */
  readonly bytes?: number;
  readonly files?: Readonly<Record<string, Buffer | string>>;
}

export interface TransferRig extends AsyncDisposable {
  readonly folder: string;
  readonly root: string;
  readonly indexes: string;
  readonly events: Event[];
  readonly ports: Ports;
  readonly host: TargetHost;
  readonly facts: HostFacts;
  /** @param home each has its releases beside each other */
  release(content: Content, home?: string): Promise<Release>;
  /** What lies at a path below the host's root, whatever it is. */
  list(path: string): Promise<string[]>;
}

export async function transferRig(): Promise<TransferRig> {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-transfer-'));
  const root = join(folder, 'host');
  const events: Event[] = [];
  const ports = createPorts({ emit: (event) => events.push(event), signal: new AbortController().signal });
  const facts: HostFacts = {
    name: 'san1',
    transport: { kind: 'directory' },
    root,
    address: '192.0.2.1',
    target: { kind: 'tgt', prefix: 'iqn.2026-01.org.example:san1', port: 3260 },
    clone: { kind: 'file' },
    retention: 0,
    http: { url: 'http://192.0.2.1' },
    dhcp: { kind: 'none' },
    gate: [],
  };
  let count = 0;
  const release: TransferRig['release'] = async ({ image, bytes = IMAGE, files = {} }, home = 'out') => {
    count += 1;
    const staging = join(folder, `staging-${count}`);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(staging, path)), { recursive: true });
      await writeFile(join(staging, path), content);
    }
    await mkdir(staging, { recursive: true });
    await createSparse(join(staging, 'disk.img'), bytes);
    for (const [number, content] of Object.entries(image)) {
      await writeAt(join(staging, 'disk.img'), Number(number) * BLOCK, content);
    }
    const manifest = smallManifest({
      recipe: { name: 'small', sha256: '0'.repeat(64) },
      artifacts: withRoles(await digestFiles(staging, { run: ports.run })),
      disk: { table: 'gpt', bytes, guid: 'g', partitions: [] },
    });
    const { path } = await commitRelease(staging, join(folder, home), manifest, ports);
    return readRelease(path);
  };
  return {
    folder,
    root,
    indexes: join(folder, 'indexes'),
    events,
    ports,
    facts,
    host: openDirectory(facts, ports),
    release,
    list: async (path) => (await readdir(join(root, path)).catch(() => [])).sort(),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The host with another PATH. */
function withPath(host: TargetHost, path: string): TargetHost {
  return {
    ...host,
    run: ([tool, ...args], options) => host.run(['env', `PATH=${path}`, tool, ...args], options),
  };
}

/** A host with nothing but busybox and, which Debian's is without, flock(1), and perl unless it is left out. */
export async function withBusybox(
  host: TargetHost,
  folder: string,
  others: readonly string[] = ['flock', 'perl'],
): Promise<TargetHost> {
  const applets = 'sh find sha256sum dd gzip base64 df ls sed cat mv mkdir rm ln sync env';
  await mkdir(folder);
  for (const applet of applets.split(' ')) await symlink('/bin/busybox', join(folder, applet));
  for (const name of others) await symlink(`/usr/bin/${name}`, join(folder, name));
  return withPath(host, folder);
}

/** Programs that stand before those of the host; scripts of sh. */
export async function withPrograms(
  host: TargetHost,
  folder: string,
  programs: Readonly<Record<string, string>>,
): Promise<TargetHost> {
  await mkdir(folder);
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}`, { mode: 0o755 });
  }
  return withPath(host, `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`);
}

export const LOST = new Failure('network', { what: 'The connection to san1 was lost.' });

/** A connection that carries so many bytes of input to the host and then none; what is there goes on with what arrived. */
export function cutAfter(host: TargetHost, bytes: number): TargetHost {
  let left = bytes;
  return {
    ...host,
    run: async (argv, options) => {
      if (left <= 0) throw LOST;
      const { input } = options;
      const length = input === undefined ? 0 : input.length;
      if (length <= left) {
        left -= length;
        return host.run(argv, options);
      }
      const arrived = Buffer.from(input as Uint8Array).subarray(0, left);
      left = 0;
      await host.run(argv, { ...options, input: arrived }).catch(() => undefined);
      throw LOST;
    },
  };
}

/** How the files of two folders differ: in content, or in what they allocate by more than a few blocks. */
export async function differences(ours: string, theirs: string): Promise<string[]> {
  const found: string[] = [];
  const names = await readdir(ours, { recursive: true });
  for (const name of names.sort()) {
    const [a, b] = [join(ours, name), join(theirs, name)];
    if ((await stat(a)).isDirectory()) continue;
    const same = await readFile(a).then(async (bytes) => bytes.equals(await readFile(b)));
    if (!same) found.push(`${name}: content`);
    const [wanted, got] = [await fileSizes(a), await fileSizes(b)];
    if (got.allocated > wanted.allocated + 16 * BLOCK)
      found.push(`${name}: ${got.allocated} bytes allocated`);
  }
  const others = (await readdir(theirs, { recursive: true })).filter((name) => !names.includes(name));
  return [...found, ...others.map((name) => `${name}: added`)];
}
