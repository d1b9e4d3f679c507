import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ansible } from '../../../stages/ansible.js';

it('finds a playbook that leads out of its folder, and takes one that leads within it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lunsmith-playbook-'));
  await mkdir(join(folder, 'ansible'));
  await writeFile(join(folder, 'outside.yml'), '[]\n');
  await writeFile(join(folder, 'ansible/inside.yml'), '[]\n');
  await symlink('../outside.yml', join(folder, 'ansible/out.yml'));
  await symlink('inside.yml', join(folder, 'ansible/in.yml'));
  const findings = (playbook: string) =>
    ansible.check?.({
      options: { folder: 'ansible', playbook, vars: {}, secrets: {} },
      recipe: { folder },
    } as never);
  expect(findings('in.yml')).toEqual([]);
  expect(findings('out.yml')).toEqual([
    {
      path: ['playbook'],
      what: 'ansible/out.yml leads out of the folder that the playbook sees.',
      expected: 'a file in it',
      found: join(folder, 'outside.yml'),
    },
  ]);
  await rm(folder, { recursive: true });
});
