import { expect, it } from 'vitest';
import { type TarEntry, tarArchive } from '../../../artifacts/formats/tar-write.js';
import { ports } from './tools.js';

const entry = (path: string, facts: Partial<TarEntry> = {}): TarEntry => ({
  path: Buffer.from(path),
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  modified: 1_600_000_000_000_000_000n,
  ...facts,
});

it('GNU tar lists what no old header could hold', async () => {
  const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`;
  const entries = [
    entry('before', { modified: -1_750_000_000n }),
    entry('within', { modified: 1_600_000_000_250_000_001n }),
    entry(long, { uid: 3_000_000, gid: 2 ** 31, mode: 0o1777 }),
    entry('link', { type: 'symlink', target: Buffer.from('t'.repeat(150)), mode: 0o777 }),
  ];
  const listed = ['tar', '--list', '--verbose', '--numeric-owner', '--full-time', '--file=-'] as const;
  const { stdout } = await ports.run(listed, { doing: 'list', stream: tarArchive(entries), quiet: true });
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    'drwxr-xr-x 0/0 0 1969-12-31 23:59:58 before',
    'drwxr-xr-x 0/0 0 2020-09-13 12:26:40.250000001 within',
    `drwxrwxrwt 3000000/2147483648 0 2020-09-13 12:26:40 ${long}`,
    `lrwxrwxrwx 0/0 0 2020-09-13 12:26:40 link -> ${'t'.repeat(150)}`,
  ]);
});

it('what its source throws ends the tool, and is thrown', async () => {
  async function* failing(): AsyncGenerator<TarEntry> {
    yield entry('a');
    await Promise.resolve();
    throw new Error('the source is broken');
  }
  const options = { doing: 'list', stream: tarArchive(failing()), quiet: true };
  await expect(ports.run(['tar', '--list', '--file=-'], options)).rejects.toThrow('the source is broken');
});

it('a tool that wants no more ends as it would', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      await Promise.resolve();
      yield Buffer.alloc(1 << 16);
    }
  }
  const options = { doing: 'read a little', stream: endless(), quiet: true };
  expect((await ports.run(['head', '--bytes=1'], options)).stdout).toBe('\0');
});
