import { cp, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';

const NAME = 'lunsmith-test';

/** An ordinary user of this host with a subordinate range, made if it is not there; needs root. */
export async function ordinaryUser(): Promise<string> {
  const known = await execa('id', ['-u', NAME], { reject: false });
  if (known.exitCode !== 0) await execa('useradd', ['--create-home', '--shell', '/bin/sh', NAME]);
  if (!(await readFile('/etc/subuid', 'utf8')).includes(`${NAME}:`)) {
    const range = '1000000-1065535';
    await execa('usermod', ['--add-subuids', range, '--add-subgids', range, NAME]);
  }
  return NAME;
}

/** The compiled project where this user can read it: here, or a copy below `folder` when the checkout is private. */
export async function readableProject(user: string, folder: string): Promise<string> {
  const here = resolve('.');
  const probe = await execa('runuser', ['-u', user, '--', 'test', '-r', join(here, 'dist/cli/main.js')], {
    reject: false,
  });
  if (probe.exitCode === 0) return here;
  const copy = join(folder, 'project');
  await mkdir(copy);
  for (const name of ['package.json', 'dist', 'recipes', 'schemas', 'node_modules']) {
    await cp(join(here, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  await execa('chmod', ['-R', 'a+rX', copy]);
  return copy;
}
