/** What the sandbox's own test runs inside of it. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { Failure } from '../../base/failure.js';
import type { Argv, Ports } from '../../base/ports.js';
import type { Architecture } from '../../pipeline/recipe-facts.js';
import { runForeign } from '../../pipeline/sandbox/foreign.js';

export type SandboxInside =
  | { readonly do: 'look' | 'fail' | 'tell' | 'wait' }
  | { readonly do: 'mount' | 'owners'; readonly folder: string }
  | {
      readonly do: 'foreign';
      readonly folder: string;
      readonly architecture: Architecture;
      /** The kernel lets no namespace have a binfmt_misc. */
      readonly refuse?: boolean;
    };

export async function inside(payload: SandboxInside, ports: Ports): Promise<unknown> {
  const text = async (...argv: Argv) =>
    (await ports.run(argv, { doing: 'look around', quiet: true })).stdout.trim();
  switch (payload.do) {
    case 'look':
      return {
        pid: process.pid,
        id: await text('id', '-u'),
        host: await text('hostname'),
        // The host's sysfs shows the host's devices; the namespace's own list is here.
        interfaces: [...(await text('cat', '/proc/net/dev')).matchAll(/^ *(\w+):/gm)].map(([, name]) => name),
        processes: (await text('sh', '-c', 'ls -d /proc/[0-9]*')).split('\n').length,
      };
    case 'mount': {
      await mkdir(payload.folder, { recursive: true });
      await ports.run(['mount', '-t', 'tmpfs', 'x', payload.folder], { doing: 'mount' });
      await writeFile(`${payload.folder}/inside-only`, '');
      return await text('ls', payload.folder);
    }
    case 'owners': {
      await writeFile(`${payload.folder}/file`, '');
      await ports.run(['chown', '33:44', `${payload.folder}/file`], { doing: 'change the owner' });
      return await text('stat', '-c', '%u %g', `${payload.folder}/file`);
    }
    case 'foreign': {
      const { folder, architecture, refuse = false } = payload;
      const run: Ports['run'] = (argv, options) => {
        if (refuse && argv[0] === 'mount') throw new Failure('tool', { what: 'permission denied' });
        return ports.run(argv, options);
      };
      await runForeign(architecture, folder, { ...ports, run });
      return (await readdir('/proc/sys/fs/binfmt_misc')).filter((name) => name.startsWith('lunsmith')).join();
    }
    case 'fail':
      await ports.run(['sh', '-c', 'echo reason; exit 9'], { doing: 'fail' });
      return undefined;
    case 'tell':
      // More than the channel takes at once, while nobody reads.
      for (let each = 0; each < 64; each++) ports.emit({ type: 'warning', message: 'x'.repeat(1 << 20) });
      return 'the last word';
    case 'wait':
      ports.emit({ type: 'warning', message: 'waiting' });
      await ports.run(['sleep', '987651'], { doing: 'wait' });
      return undefined;
  }
}
