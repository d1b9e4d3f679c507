import { link, utimes, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { digestOfTree, verityTree } from '../../../artifacts/formats/fs-verity.js';
import { createSparse, writeAt } from '../../../artifacts/formats/sparse.js';
import { digestFile, hasDigest, takenDigests } from '../../../artifacts/release/file-digests.js';
import { testFolder } from '../formats/tools.js';

const MIB = 1024 * 1024;

it('believes the writer of an image, under all its hard links, until it is written to', async () => {
  await using folder = await testFolder();
  const [image, name] = [folder.at('disk.img'), folder.at('second')];
  await createSparse(image, 300 * MIB);
  const real = await digestFile(image, 300 * MIB);
  await writeAt(image, 5, Buffer.from('x'));
  await utimes(image, 1, 1);
  const taken = takenDigests();
  expect(await taken.of(image)).toBeUndefined();
  const told = { bytes: 300 * MIB, groups: Buffer.alloc(32, 'told') };
  await taken.note(image, told);
  await link(image, name);
  expect(await digestFile(name, 300 * MIB, { taken })).toBe(`fsverity:${digestOfTree(told)}`);
  expect(await hasDigest(name, real)).toBe(false);

  await writeAt(image, 5, Buffer.alloc(1));
  expect(await digestFile(name, 300 * MIB, { taken })).toBe(real);
});

it('gives a small file the digest that sha256sum shows, whatever it is told', async () => {
  await using folder = await testFolder();
  const file = folder.at('file');
  await writeFile(file, 'small');
  const taken = takenDigests();
  await taken.note(file, await verityTree(file));
  expect(await digestFile(file, 5, { taken })).toBe(
    'sha256:81db8ebbbbc69c6c6ad4a6aa92b76e0c08af547da236b9e2c9dbe1d8285a8130',
  );
});
