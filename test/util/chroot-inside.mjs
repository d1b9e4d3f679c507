// What the chroot's test runs inside the sandbox: one command in a chroot on a new layer, and what the layer then holds.
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openChroot } from '../../dist/pipeline/chroot.js';
import { mountTree, openMountRoot } from '../../dist/pipeline/root-tree.js';

/** @param {{ folder: string, base: string, declared: boolean, resolv?: 'link' | 'file', argv: string[], options: object }} payload */
export async function inside(payload, ports) {
  const { folder, base, declared, argv } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const upper = { tree: join(folder, 'layer', 'tree'), work: join(folder, 'layer', 'work') };
  const tree = await mountTree(mountRoot, { floor: join(folder, 'floor'), below: [base], upper }, ports);
  const resolv = join(tree.path, 'etc/resolv.conf');
  await rm(resolv, { force: true });
  if (payload.resolv === 'link') await symlink('../run/systemd/resolve/stub-resolv.conf', resolv);
  if (payload.resolv === 'file') await writeFile(resolv, '# own\n');
  const chroot = await openChroot(tree.path, declared, ports);
  try {
    const { stdout } = await chroot.run(argv, { doing: 'look around', quiet: true, ...payload.options });
    return stdout;
  } finally {
    await chroot[Symbol.asyncDispose]();
    await tree[Symbol.asyncDispose]();
  }
}
