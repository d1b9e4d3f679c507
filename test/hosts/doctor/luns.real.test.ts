/** LUNs of a host, the releases that they are clones of, and the target that offers them. */
import { appendFile, chmod, mkdir, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { artifactsOf } from '../../../artifacts/release/roles.js';
import { canonicalJson, sha256OfText } from '../../../base/digest.js';
import type { HostRig } from '../../util/host-rig.js';
import { clientFacts, smallRelease } from '../../util/hosts.js';
import { withRoles } from '../../util/manifest.js';
import { WEB1, WEB2, wellHost } from './well-host.js';

const well = wellHost();
const { at, act, found, generationOf } = well;

describe('LUNs', () => {
  it('one is not there', async () => {
    await unlink(well.web1.disk);
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'disks',
        what: `The LUN of web1, image debian, ${well.web1.id}, is not there.`,
        where: well.web1.disk,
        expected: 'a disk of 1048576 bytes',
        found: 'nothing',
        hint: 'Bring it back from a copy of your own. Give it a fresh one, without what the client stored: npx lunsmith client reset web1',
      },
    ]);
  });

  it('one has another size', async () => {
    await truncate(well.web1.disk, 4096);
    expect(await found()).toMatchObject([
      {
        what: `The LUN of web1, image debian, ${well.web1.id}, has another size.`,
        expected: '1048576 bytes',
        found: '4096 bytes',
      },
    ]);
  });

  it('one is open to others', async () => {
    await chmod(well.web1.disk, 0o644);
    expect(await found()).toMatchObject([
      {
        what: `The LUN of web1, image debian, ${well.web1.id}, is open to others.`,
        expected: 'mode 600',
        found: 'mode 644',
      },
    ]);
  });

  it('an installer’s is not there, and its target has lost it', async () => {
    const pc3 = clientFacts(3, {
      name: 'pc3',
      images: [{ name: 'windows', channel: 'stable', boot: 'san', bytes: 2 ** 20, blank: true }],
    });
    await act({ kind: 'add', client: pc3 });
    const site = { clients: [WEB1, WEB2, pc3], channels: ['stable', 'edge'] };
    expect(await found({ site })).toEqual([]);
    const { installer, target, disk } = await generationOf('pc3');
    await unlink(installer?.disk ?? '');
    const table = await well.rig.table();
    const without = table.map(({ beside: _, ...row }) => row);
    await writeFile(join(well.rig.folder, 'table.json'), JSON.stringify(without));
    expect((await found({ site })).map(({ what, where, expected }) => [what, where, expected])).toEqual([
      [
        expect.stringMatching(/^The LUN of pc3, image windows-installer, .*, is not there\.$/),
        installer?.disk,
        'a disk of 1048576 bytes',
      ],
      [
        'The target of pc3, image windows, has another disk.',
        target,
        `LUN 1: ${disk}, LUN 2: ${installer?.disk}`,
      ],
    ]);
  });

  it('one belongs to no client, another was begun', async () => {
    await writeFile(at('clients/web1/debian/other.img'), '');
    await writeFile(at('clients/web1/debian/begun.img.partial'), '');
    expect((await found()).map(({ what, where }) => [what, where])).toEqual([
      ['A LUN was begun and not finished.', at('clients/web1/debian/begun.img.partial')],
      ['A LUN belongs to no client.', at('clients/web1/debian/other.img')],
    ]);
  });
});

describe('releases', () => {
  it('one is not there', async () => {
    const { digest } = well.rig.releases.v1;
    await rm(at(`releases/${digest}`), { recursive: true });
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'releases',
        what: `The release ${digest.slice(0, 12)} is not on the host.`,
        where: at(`releases/${digest}`),
        expected: 'a release that is needed: the channel stable is at it',
        found: 'nothing',
        hint: `Publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to san1`,
      },
    ]);
  });

  it('the manifest of one is another', async () => {
    const { digest } = well.rig.releases.v1;
    await appendFile(at(`releases/${digest}/manifest.json`), ' ');
    expect(await found()).toMatchObject([
      { what: `The release ${digest.slice(0, 12)} is damaged.`, found: 'another text' },
    ]);
  });

  it('files of one are short, or other', async () => {
    const small = smallRelease('v3');
    const file = (path: string, text: string) => ({
      path,
      bytes: text.length,
      digest: `sha256:${sha256OfText(text)}`,
    });
    const manifest = {
      ...small.manifest,
      artifacts: [
        ...artifactsOf(small.manifest, 'lun-image'),
        ...withRoles([file('initrd.img', 'initramfs'), file('vmlinuz', 'kernel')]),
      ],
      boot: [],
    };
    const digest = sha256OfText(canonicalJson(manifest));
    const proofs = small.proofs.map((proof) => ({ ...proof, release: digest }));
    await mkdir(at(`releases/${digest}/proofs`), { recursive: true });
    await writeFile(at(`releases/${digest}/manifest.json`), canonicalJson(manifest));
    await writeFile(at(`releases/${digest}/disk.img`), small.disk);
    await writeFile(at(`releases/${digest}/proofs/bios-san.json`), canonicalJson(proofs[0]));
    await writeFile(at(`releases/${digest}/initrd.img`), 'initramfs');
    await writeFile(at(`releases/${digest}/vmlinuz`), 'kernel');
    await act({ kind: 'promote', channel: 'edge', release: digest });
    expect(await found()).toEqual([]);
    await writeFile(at(`releases/${digest}/initrd.img`), 'init');
    await writeFile(at(`releases/${digest}/vmlinuz`), 'Kernel');
    const hint = `Move its folder away there, then publish it again: npx lunsmith publish out/RECIPE/releases/${digest} --to san1`;
    const words = {
      level: 'error',
      about: 'releases',
      what: `The release ${digest.slice(0, 12)} is damaged.`,
      hint,
    };
    expect(await found()).toEqual([
      { ...words, where: at(`releases/${digest}/initrd.img`), expected: '9 bytes', found: '4 bytes' },
      {
        ...words,
        where: at(`releases/${digest}/vmlinuz`),
        expected: `sha256:${sha256OfText('kernel')}`,
        found: `sha256:${sha256OfText('Kernel')}`,
      },
    ]);
  });

  it('the one of a channel lacks a proof', async () => {
    const { digest } = well.rig.releases.v1;
    const facts = { ...well.rig.facts, gate: ['bios-san', 'uefi-san'] };
    expect(await found({ host: { ...well.rig.host, facts } })).toEqual([
      {
        level: 'warning',
        about: 'releases',
        what: 'The release of stable lacks a proof that the gate of san1 asks for.',
        where: at(`releases/${digest}/proofs`),
        expected: 'a passed proof of bios-san, uefi-san',
        found: 'none of uefi-san',
        hint: `Prove it, then publish it again: npx lunsmith prove out/debian-bookworm/releases/${digest} --for san1`,
      },
    ]);
  });

  it('one came in part', async () => {
    const digest = 'a'.repeat(64);
    await mkdir(at(`incoming/${digest}`), { recursive: true });
    expect(await found()).toMatchObject([
      { level: 'warning', what: 'The release aaaaaaaaaaaa came in part.', where: at(`incoming/${digest}`) },
    ]);
  });
});

describe('the target', () => {
  async function changeTable(change: (rows: Awaited<ReturnType<HostRig['table']>>) => object[]) {
    await writeFile(join(well.rig.folder, 'table.json'), JSON.stringify(change(await well.rig.table())));
  }
  const MEND = 'Run: npx lunsmith repair --on san1';

  it('does not offer a LUN', async () => {
    await changeTable((rows) => rows.filter(({ target }) => target !== well.web1.target));
    expect(await found()).toEqual([
      {
        level: 'error',
        about: 'target',
        what: 'The target does not offer the LUN of web1, image debian.',
        where: well.web1.target,
        expected: 'a target of that name in tgt',
        found: 'no such target',
        hint: MEND,
      },
    ]);
  });

  it('offers another disk, to others, by another account', async () => {
    await changeTable((rows) =>
      rows.map((row) =>
        row.target === well.web1.target
          ? { ...row, disk: '/other.img', initiator: WEB2.initiator, chap: { user: 'eve', secret: '' } }
          : row,
      ),
    );
    const words = {
      level: 'error',
      about: 'target',
      where: well.web1.target,
      hint: `Somebody changed it. ${MEND}`,
    };
    expect(await found()).toEqual([
      {
        ...words,
        what: 'The target of web1, image debian, has another disk.',
        expected: `LUN 1: ${well.web1.disk}`,
        found: 'LUN 1: /other.img',
      },
      {
        ...words,
        what: 'Others than web1 may log in to its target, or web1 may not.',
        expected: WEB1.initiator,
        found: WEB2.initiator,
      },
      { ...words, what: 'The target of web1 asks for another CHAP account.', expected: 'web1', found: 'eve' },
    ]);
  });

  it('has one more of our prefix', async () => {
    const target = 'iqn.2026-01.org.example:san1:old.debian.1';
    await changeTable((rows) => [...rows, { ...rows[0], target }]);
    expect(await found()).toEqual([
      {
        level: 'warning',
        about: 'leftovers',
        what: 'A target has our prefix, and no client has it.',
        where: target,
        expected: 'the targets of the state, and no others of this prefix',
        found: 'another target',
        hint: 'If the next change of the host does not take it away, remove it by hand.',
      },
    ]);
  });

  it('an old LUN with a session is no finding', async () => {
    const web = await generationOf('web1');
    await well.rig.sessions([{ target: web.target, initiator: WEB1.initiator }]);
    await act({ kind: 'promote', channel: 'stable', release: well.rig.releases.v2.digest });
    await act({ kind: 'promote', channel: 'stable', release: well.rig.releases.v1.digest });
    expect(await found()).toEqual([]);
  });
});
