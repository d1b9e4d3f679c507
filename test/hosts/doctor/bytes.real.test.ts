/** One byte of one file is another: it is found, in whichever file it is. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import type { Finding } from '../../../hosts/doctor.js';
import { wellHost } from './well-host.js';

const well = wellHost();
const { at, found } = well;

/** What no other file says, so that nothing can disagree with it. */
const unchecked = () => [
  // Who changed the host last.
  /^lock$/,
  // What a client stores is its own; the digest of a disk takes too long (docs/clients.md).
  /^clients\//,
  /^releases\/[^/]+\/disk\.img$/,
  // No channel and no client needs this release.
  new RegExp(`^releases/${well.rig.releases.v2.digest}/`),
  // Earlier states are not read any more.
  /^states\/[12]\//,
  // When something was done, and by whose measure: not all of it is rendered, see below.
  /^states\/3\/state\.json$/,
  /^releases\/[^/]+\/proofs\//,
  // It only takes room.
  /^reserve$/,
];

async function flip(path: string, index: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const isFound = (outcome: readonly Finding[] | string) => outcome.length > 0;
/** A host whose state cannot be read any more is found to be so by its message. */
const outcome = () => found().catch((error: unknown) => (error as Error).message);

it('in the middle of every file', async () => {
  const { root } = well.rig;
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const checked: string[] = [];
  const missed: string[] = [];
  for (const file of files.sort()) {
    const name = relative(root, file);
    const whole = await readFile(file);
    if (whole.length === 0 || unchecked().some((pattern) => pattern.test(name))) continue;
    checked.push(name);
    await flip(file, whole.length >> 1);
    if (!isFound(await outcome())) missed.push(name);
    await writeFile(file, whole);
  }
  expect(missed).toEqual([]);
  expect(checked).toEqual(
    expect.arrayContaining([
      'conf/targets.conf',
      `releases/${well.rig.releases.v1.digest}/manifest.json`,
      'secrets/web1',
      'states/3/http/boot.ipxe',
      'states/3/http/clients/web1/account.ipxe',
      'states/3/http/clients/web1/boot.ipxe',
      'tftp/boot.ipxe',
      'tftp/snponly.efi',
    ]),
  );
});

it.each(['target', 'disk', 'serial', 'initiator', 'account', 'mac', 'release', 'current'])(
  'in what the state says of %s',
  async (key) => {
    const path = at('states/3/state.json');
    const text = await readFile(path, 'utf8');
    const [said] = new RegExp(`"${key}": "[^"]+`).exec(text) ?? [];
    await flip(path, text.indexOf(said ?? 'not said') + (said?.length ?? 0) - 1);
    expect(await readFile(path, 'utf8')).not.toBe(text);
    expect(isFound(await outcome())).toBe(true);
  },
);

it('nothing is found when no byte is another', async () => {
  expect(await found()).toEqual([]);
});
