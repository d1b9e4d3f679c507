/**
 * Runs the escape script as the user who calls this: `node escape.js JSON`, of the type below; prints what it printed. The
 * same module is what runs inside the sandbox.
 */
import { pathToFileURL } from 'node:url';
import type { Argv, Ports } from '../../base/ports.js';
import { mountTree, openMountRoot, openTemporary } from '../../pipeline/build/root-tree.js';
import { runBootstrap } from '../../pipeline/sandbox/bootstrap.js';
import { openChroot } from '../../pipeline/sandbox/chroot.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';

export interface EscapeInside {
  /** Where layers are written; the user's own. */
  readonly folder: string;
  /** A tree with Perl. */
  readonly base: string;
  /** As a command in the tree, as one that may reach the network, or as a tool that makes a tree. */
  readonly as: 'command' | 'command with network' | 'bootstrap';
  readonly script: string;
  readonly args: readonly string[];
}

export async function inside(payload: EscapeInside, ports: Ports): Promise<string> {
  const { folder, base, as, script, args } = payload;
  const mountRoot = await openMountRoot([folder], ports);
  const upper = { tree: `${folder}/layer/tree`, work: `${folder}/layer/work` };
  const layers = { floor: `${folder}/floor`, below: [base], upper };
  await using tree = await mountTree(mountRoot, layers, ports);
  const argv: Argv = ['perl', '-e', script, ...args];
  const doing = 'try to escape';
  if (as === 'bootstrap') {
    const world = { rootfs: tree.path, temporary: await openTemporary(mountRoot), lent: [] };
    return (await runBootstrap(world, argv, { doing, quiet: true }, ports)).stdout;
  }
  await using chroot = await openChroot(tree.path, true, ports);
  const network = as === 'command with network';
  return (await chroot.run(argv, { doing, network, quiet: true })).stdout;
}

const [, program, json] = process.argv;
if (program !== undefined && import.meta.url === pathToFileURL(program).href) {
  const payload = JSON.parse(json ?? '') as EscapeInside;
  const job = { module: 'test/inside/escape.js', payload, network: 'host' } as const;
  process.stdout.write(String(await enterSandbox(job, () => undefined, new AbortController().signal)));
}
