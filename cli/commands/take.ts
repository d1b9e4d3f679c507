/** `lunsmith take`: the system of a running machine as a tar that a recipe imports. */
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { type Taken, takeSystem } from '../../app/take.js';
import { formatBinary, shortPath } from '../render/text.js';
import type { Session } from '../session.js';

export function addTakeCommand(program: Command, session: Session): void {
  const { cwd } = session.terminal;
  program
    .command('take')
    .summary('copy the system of a running machine into a tar for a recipe')
    .description(
      'Copies the system of a machine that ssh reaches into a tar, from which the first step of a recipe (`uses: import`) goes on. The ' +
        'machine only reads, and is asked once, so that every build of the recipe begins with the same files. Its file systems on disks are ' +
        'taken, and neither what a start makes anew (/dev, /proc, /run, /tmp …) nor what lies on other machines. Which services ran ' +
        'meanwhile is told, and which files changed: what these store may not be consistent.',
    )
    .argument('<machine>', 'ssh://[USER@]HOST[:PORT][/PATH], as ssh and its configuration know it')
    .argument('<tar>', 'the file; must not exist')
    .option('--exclude <path>', 'leave it out: absolute, with * and ?; may be given again', collect, [])
    .option('--sudo', 'the account becomes root by sudo without a password')
    .addHelpText('after', HELP)
    .action(async (machine, file, options) => {
      const { print, emit } = session.open({ plain: true });
      const to = path.resolve(cwd, file);
      const { exclude, sudo = false } = options;
      const caller = { cwd, env: session.terminal.env, emit, signal: session.signal };
      const taken = await takeSystem(caller, { machine, to, exclude, sudo });
      print(lines(shortPath(to, cwd), taken));
    });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function lines(file: string, { bytes, sha256, machine }: Taken): string[] {
  const { system = '', suite, architecture, services } = machine;
  return [
    `${file}  ${formatBinary(bytes)}, ${system}, ${architecture}`,
    ...(services.length === 0 ? [] : [`Services that ran meanwhile: ${services.join(', ')}`]),
    'It holds the keys and password hashes of the machine, and has mode 0600. The first step of a recipe:',
    '  - uses: import',
    '    with:',
    `      from: ${file}`,
    `      sha256: ${sha256}`,
    ...(suite === undefined ? [] : [`      archives: { suite: ${suite} }`]),
  ];
}

const HELP = `
Examples:
  $ npx lunsmith take ssh://root@web1 web1.tar
  $ npx lunsmith take ssh://admin@web1:2222/ web1.tar --sudo --exclude '/srv/backup/*'`;
