/** What a user of Arch Linux reads when the options of a step are wrong: all of it stands in options.txt. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { distributions } from '../../../../stages/distribution/index.js';
import { stages } from '../../../../stages/index.js';
import { recipeRig, stagesRecipe } from '../../../util/recipe-rig.js';

const DATED = 'https://mirror.example.org/archive/repos/$snapshot/$repo/os/$arch';
const OWN = 'https://mirror.example.org/archlinux/$repo/os/$arch';
const FINGERPRINT = 'A'.repeat(40);

/** Begins as a public key does. */
const KEYS = Uint8Array.of(0x99, 0x01, 0x0d, 0x04);

/** Keyrings, right and wrong, by how a recipe names them. */
const FILES = {
  'r/keys/own.gpg': KEYS,
  'r/keys/own-trusted': `${FINGERPRINT}:4:\n`,
  'r/keys/own-revoked': '',
  'r/keys/empty.gpg': '',
  'r/keys/text.gpg': 'my keys\n',
  'r/keys/armoured.asc': '-----BEGIN PGP PUBLIC KEY BLOCK-----\n',
  'r/keys/nobody.gpg': KEYS,
  'r/keys/nobody-trusted': '# nobody\n',
  'r/keys/folder.gpg': KEYS,
  'r/keys/folder-revoked/file': '',
};

/** A recipe with other options of its first step, or with a step more. */
function recipe(uses: string, options: string): string {
  return uses === 'pacstrap'
    ? stagesRecipe({ uses, options })
    : stagesRecipe({ uses: 'pacstrap', options: '{ keyring: keys/own.gpg }' }, { uses, options });
}

const MIRROR = 'https://mirror.example.org/archlinux';

async function problems(uses: string, options: string, mirror = MIRROR): Promise<string> {
  await using rig = await recipeRig(
    { ...FILES, 'r/recipe.yaml': recipe(uses, options) },
    stages,
    distributions,
    mirror,
  );
  return (await rig.problems('r')).replaceAll(join(rig.root, 'r'), 'r');
}

const WRONG: readonly (readonly [uses: string, options: string, mirror?: string])[] = [
  ['pacstrap', `{ keyring: keys/own.gpg, mirrors: ['${DATED}', '${OWN}'], snapshot: 2026-11-01 }`],
  ['pacstrap', `{ keyring: keys/own.gpg, mirrors: ['${DATED}'], snapshot: 2026-11-01 }`, OWN],
  ['pacstrap', `{ keyring: keys/own.gpg, mirrors: ['${OWN}', '${DATED}'] }`],
  ['pacstrap', `{ keyring: keys/own.gpg, image-mirrors: ['${DATED}'] }`],
  ['pacstrap', "{ keyring: keys/own.gpg, mirrors: ['https://mirror.example.org/$repo/$snapshto'] }"],
  ['pacstrap', "{ keyring: keys/own.gpg, mirrors: ['https://mirror.example.org/archlinux'] }"],
  ['pacstrap', '{ keyring: keys/own.gpg, snapshot: 2026-02-30 }'],
  ['pacstrap', '{ keyring: keys/own.gpg, snapshot: 2026-99-99 }'],
  ['pacstrap', '{ keyring: keys/own.gpg, snapshot: yesterday }'],
  ['pacstrap', '{ keyring: keys/own.gpg, repositories: [options, local, core, core, Extra] }'],
  ['pacstrap', '{ keyring: keys/own.gpg, repositories: [my/own] }'],
  ['pacstrap', '{ keyring: keys/none.gpg }'],
  ['pacstrap', '{ keyring: keys }'],
  ['pacstrap', '{ keyring: keys/empty.gpg }'],
  ['pacstrap', '{ keyring: keys/text.gpg }'],
  ['pacstrap', '{ keyring: keys/own-trusted }'],
  ['pacstrap', '{ keyring: keys/nobody.gpg }'],
  ['pacstrap', '{ keyring: keys/folder.gpg }'],
  ['pacstrap', '{ keyring: keys/own.gpg, include: [Base, base/extra] }'],
  ['packages', '{ install: [linux/extra, libfoo:amd64, Nano], remove: [Vi], hold: [Linux] }'],
  ['packages', '{ remove: [vi=1] }'],
  ['network', '{ vlan: 5 }'],
  ['packages', '{ install: [nano], recommends: true }'],
  ['iscsi-initiator', '{ finalrd: true }'],
  ['network', '{ manager: ifupdown }'],
];

describe('options', () => {
  it('that are wrong are told of whole', async () => {
    const texts: string[] = [];
    for (const each of WRONG) texts.push(`${await problems(...each)}\n`);
    await expect(texts.join('\n')).toMatchFileSnapshot('options.txt');
  });

  it.each([
    ['pacstrap', '{ keyring: keys/own.gpg }'],
    ['pacstrap', '{ keyring: keys/armoured.asc, repositories: [core, My-Own] }'],
    [
      'pacstrap',
      `{ keyring: keys/own.gpg, mirrors: ['${DATED}'], image-mirrors: ['${OWN}'], snapshot: 2024-02-29 }`,
    ],
    ['packages', '{ install: [r, linux=6.1, editors], remove: [y], hold: [x] }'],
    ['iscsi-initiator', '{ finalrd: auto }'],
    ['network', '{ manager: dhcpcd }'],
  ])('of %s that are right pass: %s', async (uses, options) => {
    expect(await problems(uses, options)).toBe('');
  });
});
