import { expect, it } from 'vitest';
import { hashPassword } from '../../gate/credentials.js';
import { ports } from '../artifacts/formats/tools.js';

it('hashes a password that crypt(3) accepts, without showing it to other processes', async () => {
  const seen: string[][] = [];
  const run: typeof ports.run = (argv, options) => {
    seen.push([...argv]);
    return ports.run(argv, options);
  };
  const hash = await hashPassword('correct horse', { ...ports, run });
  expect(seen.flat().join(' ')).not.toContain('horse');
  const salt = hash.split('$')[2] ?? '';
  const again = await ports.run(['openssl', 'passwd', '-6', '-salt', salt, '-stdin'], {
    doing: 'hash it again',
    input: 'correct horse\n',
    quiet: true,
  });
  expect(again.stdout.trim()).toBe(hash);
});
