/** A target host that is a folder of this machine, with a tgtd of its own, and a site that names it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import { commitRelease, digestFiles } from '../../artifacts/release/release.js';
import { createPorts } from '../../base/command.js';
import { UndoStack } from '../../base/undo-stack.js';
import { startTgtd } from '../../hosts/target/tgt/daemon.js';
import { smallRelease } from '../util/hosts.js';
import { withRoles } from '../util/manifest.js';

export interface HostHome extends AsyncDisposable {
  /** Holds `lunsmith.yaml` and the host's folder `lab`. */
  readonly home: string;
  /** TCP port of its tgtd. */
  readonly port: number;
  /** What TGT_IPC_SOCKET has to be. */
  readonly socket: string;
  /** A release that is not on the host. @returns its folder */
  release(version: string, disk: Buffer, table?: 'gpt' | 'mbr'): Promise<string>;
  /** Writes the site. @param rest the lines of the host beneath its address and target, and what follows */
  site(rest: string): Promise<void>;
}

export async function hostHome(): Promise<HostHome> {
  const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
  await using stack = new UndoStack();
  const home = await mkdtemp(join(tmpdir(), 'lunsmith-home-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const port = await freePort();
  stack.use(await startTgtd(ports, { portal: { address: '127.0.0.1', port }, folder: home }));
  const rest = stack.move();
  return {
    home,
    port,
    socket: join(home, 'tgtd'),
    release: async (version, disk, table = 'gpt') => {
      const staging = join(home, `${version}.partial`);
      await mkdir(join(staging, 'boot'), { recursive: true });
      await writeFile(join(staging, 'disk.img'), disk);
      await writeFile(join(staging, 'vmlinuz'), `kernel ${version}`);
      await writeFile(join(staging, 'initrd.img'), `initramfs ${version}`);
      await writeFile(join(staging, 'boot', 'sanboot.ipxe'), sanbootScript('EFI/BOOT/BOOTX64.EFI'));
      const artifacts = withRoles(await digestFiles(staging));
      const boot = [{ method: 'san' as const, artifacts: { 'ipxe-script': 'boot/sanboot.ipxe' } }];
      const { manifest: small } = smallRelease(version, disk.length);
      const manifest = { ...small, artifacts, boot, disk: { ...small.disk, table } };
      return (await commitRelease(staging, join(home, 'out'), manifest, ports)).path;
    },
    site: (more) =>
      writeFile(
        join(home, 'lunsmith.yaml'),
        `hosts:\n  lab:\n    connect: ./lab\n    address: 127.0.0.1\n    target: { kind: tgt, port: ${port} }\n${more}`,
      ),
    [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose](),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
