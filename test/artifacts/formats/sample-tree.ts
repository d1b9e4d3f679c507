import { chmod, link, lutimes, mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOddNames } from '../../util/odd-names.js';
import { run } from './tools.js';

/** What a root tree may hold: modes, links of both kinds, names of any bytes, holes, a capability, many files. */
export async function makeSampleTree(root: string): Promise<void> {
  const at = (path: string) => join(root, path);
  for (const folder of ['usr/bin', 'usr/share/doc', 'etc', 'boot', 'tmp', 'var/empty']) {
    await mkdir(at(folder), { recursive: true });
  }
  await chmod(at('tmp'), 0o1777);
  await writeFile(at('usr/bin/ping'), 'a program\n', { mode: 0o755 });
  await run(['setcap', 'cap_net_raw+ep', at('usr/bin/ping')], { doing: 'give a capability' });
  await writeFile(at('usr/bin/su'), Buffer.alloc(70_000, 'su'));
  await chmod(at('usr/bin/su'), 0o4755);
  await link(at('usr/bin/su'), at('usr/bin/su-too'));
  await symlink('usr/bin', at('bin'));
  await symlink('x'.repeat(100), at('etc/long-link'));
  await writeFile(at('etc/Főtanúsítvány'), 'name\n');
  await writeFile(at('etc/sparse'), '');
  await truncate(at('etc/sparse'), 64 * 1024 * 1024);
  await writeFile(at('etc/hosts'), '127.0.0.1 localhost\n');
  await utimes(at('etc/hosts'), 1_000_000_000, 1_000_000_000);
  await lutimes(at('bin'), 1_000_000_000, 1_000_000_000);
  await mkdir(at('var/odd'));
  await makeOddNames(at('var/odd'));
  for (let file = 0; file < 300; file += 1) {
    await writeFile(at(`usr/share/doc/${String(file).padStart(3, '0')}`), Buffer.alloc(file * 137, 'doc '));
  }
}
