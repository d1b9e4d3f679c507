import { readFile } from 'node:fs/promises';
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
