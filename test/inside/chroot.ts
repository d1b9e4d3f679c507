/** What the chroot's test runs inside the sandbox: one command in a chroot on a new layer, and what the layer then holds. */
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, Ports } from '../../base/ports.js';
import { mountTree, openMountRoot } from '../../pipeline/build/root-tree.js';
import { openChroot } from '../../pipeline/sandbox/chroot.js';
import type { ChrootOptions } from '../../pipeline/stage.js';
import { debian } from '../../stages/distribution/debian/index.js';

export interface ChrootInside {
  readonly folder: string;
  /** Path of the tree below. */
  readonly base: string;
  /** Whether the network is. */
  readonly declared: boolean;
  /** What /etc/resolv.conf is. */
  readonly resolv: 'link' | 'file';
  /** A link that an earlier step put in the place of something. */
  readonly link?: { readonly path: string; readonly target: string };
  readonly argv: Argv;
  readonly options: Pick<ChrootOptions, 'network' | 'folders' | 'env'>;
}

export async function inside(payload: ChrootInside, ports: Ports): Promise<string> {
  const { folder, base, declared, argv } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const upper = { tree: join(folder, 'layer', 'tree'), work: join(folder, 'layer', 'work') };
  await using tree = await mountTree(
    mountRoot,
    { floor: join(folder, 'floor'), below: [base], upper },
    ports,
  );
  const resolv = join(tree.path, 'etc/resolv.conf');
  await rm(resolv, { force: true });
  if (payload.resolv === 'link') await symlink('../run/systemd/resolve/stub-resolv.conf', resolv);
  else await writeFile(resolv, '# own\n');
  if (payload.link !== undefined) {
    const at = join(tree.path, payload.link.path);
    await rm(at, { recursive: true, force: true });
    await symlink(payload.link.target, at);
  }
  await using chroot = await openChroot(tree.path, declared, ports, debian.guard);
  const { stdout } = await chroot.run(argv, { doing: 'look around', quiet: true, ...payload.options });
  return stdout;
}
