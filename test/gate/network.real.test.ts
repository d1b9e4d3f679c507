import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fillTftp } from '../../gate/network.js';
import { testFolder } from '../artifacts/formats/tools.js';

it('everybody may read what TFTP serves, whatever the umask is', async () => {
  await using folder = await testFolder();
  const before = process.umask(0o077);
  let root: string;
  try {
    root = await fillTftp(folder, '#!ipxe\n');
  } finally {
    process.umask(before);
  }
  const names = await readdir(root);
  expect(names).toContain('client.ipxe');
  const modes = await Promise.all(
    [root, ...names.map((name) => join(root, name))].map(async (path) => (await stat(path)).mode & 0o777),
  );
  expect(modes).toEqual([0o755, ...names.map(() => 0o644)]);
});
