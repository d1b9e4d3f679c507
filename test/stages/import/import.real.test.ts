import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../base/failure.js';
import type { Architecture } from '../../../pipeline/stage.js';
import type { SourceWishes } from '../../../stages/import/source.js';
import { unpack } from '../../../stages/import/unpack.js';
import { importStage } from '../../../stages/import.js';
import { ask, ports, run } from '../../artifacts/formats/tools.js';
import { importSystem, listSystem } from './imported.js';
import { makeImage, makeSystem, ROOT_AT } from './stand-in.js';

let folder: string;
let image: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-import-'));
  await mkdir(at('system'));
  await makeSystem(at('system'), 'amd64');
  await mkdir(at('firmware/overlays'), { recursive: true });
  await writeFile(at('firmware/overlays/a.dtbo'), 'an overlay');
  image = at('disk.img');
  await makeImage(image, at('system'), at('firmware'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const digestOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

interface Imported {
  readonly root: string;
  readonly warnings: readonly string[];
}

let count = 0;
async function importFrom(
  wishes: Partial<SourceWishes> & { readonly path: string },
  architecture: Architecture = 'amd64',
): Promise<Imported> {
  count += 1;
  const root = at(`root-${count}`);
  await mkdir(root);
  const sha256 = wishes.sha256 ?? (wishes.path === at('system') ? undefined : await digestOf(wishes.path));
  return {
    root,
    warnings: await importSystem({ ...wishes, sha256 }, root, at(`scratch-${count}`), architecture),
  };
}

const contents = (root: string) =>
  ask(
    'sh',
    '-c',
    'cd "$1" && find . -type f -not -path "./boot/firmware/*" -print0 | sort -z | xargs -0 sha256sum',
    'sh',
    root,
  );
const attributes = async (root: string) =>
  (
    await ask('getfattr', '--dump', '--recursive', '--absolute-names', '--no-dereference', '--match=-', root)
  ).replaceAll(root, '');

async function expectEqual(root: string): Promise<void> {
  expect(await contents(root)).toBe(await contents(at('system')));
  expect(await attributes(root)).toBe(await attributes(at('system')));
}

describe('an imported root', () => {
  it('is equal to its source, file by file, and has the FAT where the system mounts it', async () => {
    const { root, warnings } = await importFrom({ path: image });
    await expectEqual(root);
    // mke2fs keeps whole seconds of its source's times: the image's own are in its inodes, by debugfs.
    const seconds = (lines: string[]) => lines.map((line) => line.replace(/\.\d+$/, ''));
    expect(seconds(await listSystem(root))).toEqual(seconds(await listSystem(at('system'))));
    expect(await readFile(join(root, 'boot/firmware/overlays/a.dtbo'), 'utf8')).toBe('an overlay');
    expect(warnings).toEqual(['Device nodes and sockets are not imported: /home/pi/null.']);
    const [of32MiB] = (await ask('stat', '--format=%b', join(root, 'home/pi/sparse'))).split('\n');
    expect(Number(of32MiB) * 512).toBeLessThan(1 << 20);
  });

  it('is the same from a tar and from the tree itself', async () => {
    await run(
      [
        'tar',
        '--create',
        '--xattrs',
        '--xattrs-include=*',
        '--numeric-owner',
        '--format=pax',
        `--file=${at('system.tar')}`,
        `--directory=${at('system')}`,
        '.',
      ],
      { doing: 'make a tar' },
    );
    for (const path of [at('system.tar'), at('system')]) {
      const { root } = await importFrom({ path });
      await expectEqual(root);
      expect(await listSystem(root)).toEqual(await listSystem(at('system')));
    }
  });

  it('is without what is left out, whatever it comes from, and with the content of a name that stays', async () => {
    const exclude = ['/home/pi/l*', '/home/pi/first', '/usr/lib'];
    for (const path of [image, at('system.tar'), at('system')]) {
      const { root } = await importFrom({ path, exclude });
      const names = (await listSystem(root)).map((line) => line.split(' ')[0]);
      expect(names).toContain('home/pi/sparse');
      expect(names).not.toContain('usr/lib/os-release');
      expect(names.filter((name) => name?.startsWith('home/pi/l'))).toEqual([]);
      expect(await readFile(join(root, 'etc/third'), 'utf8')).toBe('one file with three names');
    }
  });

  it.each([
    ['xz', ['xz', '-0', '--keep', '--stdout']],
    ['zst', ['zstd', '-1', '--quiet', '--stdout']],
    ['gz', ['gzip', '-1', '--stdout']],
  ] as const)('comes out of a file in the format %s', async (suffix, tool) => {
    const wrapped = at(`disk.img.${suffix}`);
    await run(['sh', '-c', 'exec >"$1"; shift; exec "$@"', 'sh', wrapped, ...tool, image], { doing: 'wrap' });
    await expectEqual((await importFrom({ path: wrapped })).root);
  });

  it('comes out of a zip and a qcow2', async () => {
    await run(['qemu-img', 'convert', '-O', 'qcow2', image, at('disk.qcow2')], { doing: 'wrap' });
    await expectEqual((await importFrom({ path: at('disk.qcow2') })).root);
    await run(['python3', '-m', 'zipfile', '-c', at('disk.zip'), image], { doing: 'wrap' });
    await expectEqual((await importFrom({ path: at('disk.zip') })).root);
  });
});

describe('what is refused, before anything is written', () => {
  const broken = async (name: string, change: (path: string) => Promise<unknown>) => {
    const path = at(name);
    await run(['cp', '--sparse=always', image, path], { doing: 'copy' });
    await change(path);
    return { path };
  };
  const put = (path: string, bytes: string | Uint8Array, where: number) =>
    run(['dd', `of=${path}`, 'conv=notrunc', 'bs=1', `seek=${where}`, 'status=none'], {
      doing: 'change it',
      input: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
    });
  const holding = (name: string, magic: string, where: number) => () =>
    broken(name, async (path) => {
      await put(path, Buffer.alloc(2048), ROOT_AT);
      await put(path, magic, ROOT_AT + where);
    });
  const cases: readonly (readonly [string, () => Promise<Parameters<typeof importFrom>[0]>, RegExp])[] = [
    [
      'a truncated .xz',
      async () => {
        const path = at('short.img.xz');
        await run(['sh', '-c', 'xz -0 --stdout "$1" >"$2"', 'sh', image, path], { doing: 'wrap' });
        await truncate(path, Math.floor((await stat(path)).size / 2));
        return { path };
      },
      /cannot be unpacked.*whole file in the format xz.*Unexpected end of input/s,
    ],
    [
      'another digest',
      async () => ({ path: image, sha256: '0'.repeat(64) }),
      /another file than the recipe says/,
    ],
    ['LUKS', holding('luks.img', 'LUKS\xba\xbe', 0), /no root file system.*partition 2: LUKS.*encrypted/s],
    ['LVM', holding('lvm.img', 'LABELONE', 512), /no root file system.*partition 2: LVM.*physical volume/s],
    ['btrfs', holding('btrfs.img', '_BHRfS_M', 0x10040), /no root file system.*partition 2: btrfs.*tree/s],
    ['no ext4', holding('none.img', '\0', 0), /no root file system.*partition 2: nothing known/s],
    [
      'a dirty journal',
      () => broken('dirty.img', (path) => put(path, new Uint8Array([0x46]), ROOT_AT + 1024 + 0x60)),
      /was not unmounted: its journal.*e2fsck -f -y/s,
    ],
    [
      'a cut qcow2',
      async () => {
        const path = at('short.qcow2');
        await run(['qemu-img', 'convert', '-O', 'qcow2', image, path], { doing: 'wrap' });
        await truncate(path, Math.floor((await stat(path)).size / 2));
        return { path };
      },
      /short\.qcow2 cannot be unpacked.*whole file in the format qcow2/s,
    ],
    [
      'a qcow2 on another file',
      async () => {
        const [path, behind] = [at('above.qcow2'), 'json:{"driver":"raw","file":{"filename":"/etc/shadow"}}'];
        const argv = ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', behind, path, '60M'];
        await run(argv as never, { doing: 'wrap' });
        return { path };
      },
      /stands on json:.*\/etc\/shadow/s,
    ],
    [
      'a cut zip',
      async () => {
        const path = at('short.zip');
        await run(['python3', '-m', 'zipfile', '-c', path, image], { doing: 'wrap' });
        await truncate(path, Math.floor((await stat(path)).size / 2));
        return { path };
      },
      /short\.zip cannot be unpacked.*whole file in the format zip.*cannot find zipfile directory/s,
    ],
    [
      'a zip of folders',
      async () => {
        const program = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr("a/", "")';
        await run(['python3', '-c', program, at('folders.zip')], { doing: 'wrap' });
        return { path: at('folders.zip') };
      },
      /holds no file/,
    ],
    [
      'what is wrong inside of a wrapping, by the name that was given',
      async () => {
        const { path } = await holding('inside.img', 'LUKS\xba\xbe', 0)();
        await run(['gzip', '-1', path], { doing: 'wrap' });
        return { path: `${path}.gz` };
      },
      /inside\.img\.gz holds no root file system.*partition 2: LUKS/s,
    ],
    [
      'an ext4 that mke2fs does not make by itself',
      () => broken('feature.img', (path) => put(path, new Uint8Array([0x82]), ROOT_AT + 1024 + 0x61)),
      /partition 2 of .*feature\.img cannot be read.*inline_data.*import its tree/s,
    ],
    [
      'an MBR before a GPT that is not there',
      () =>
        broken('mbr.img', async (path) => {
          await put(path, new Uint8Array([0xee]), 446 + 4);
        }),
      /is no disk image.*no GPT that can be read/s,
    ],
    [
      'a partition beyond the end',
      () => broken('cut.img', (path) => truncate(path, 60 << 20)),
      /Partition 2 .* reaches beyond its end/,
    ],
    [
      'no image at all',
      async () => {
        await writeFile(at('text.img'), 'no image at all\n'.repeat(100));
        return { path: at('text.img') };
      },
      /is no disk image/,
    ],
  ];
  it.each(cases)('%s', async (_, make, expected) => {
    const wishes = await make();
    const failure = await importFrom(wishes).then(() => undefined, Failure.from);
    expect(JSON.stringify(failure?.diagnostics)).toMatch(expected);
    expect(await ask('find', at(`root-${count}`), '-mindepth', '1')).toBe('');
    expect(await ask('find', at(`scratch-${count}`), '-mindepth', '1')).toBe('');
  });

  it('a disk that is full, of which unzip says nothing', async () => {
    const scratch = at('scratch-full');
    await mkdir(scratch);
    await symlink('/dev/full', join(scratch, 'unpacked'));
    const path = at('full.zip');
    await run(['python3', '-m', 'zipfile', '-c', path, image], { doing: 'wrap' });
    const failure = await unpack({ path, sha256: await digestOf(path) }, scratch, ports).then(
      () => undefined,
      Failure.from,
    );
    expect(failure).toMatchObject({ kind: 'space', message: `The disk is full: could not unpack ${path}.` });
  });

  it('a tar that is cut short, and a FAT that cannot be read', async () => {
    await run(['tar', '--create', `--directory=${at('system')}`, `--file=${at('short.tar')}`, '.'], {
      doing: 'wrap',
    });
    await truncate(at('short.tar'), 3 << 20);
    const { path } = await broken('fat.img', (file) => put(file, new Uint8Array(2), 8192 * 512 + 11));
    for (const [from, expected] of [
      [at('short.tar'), /short\.tar cannot be unpacked.*a whole tar.*tar: .*cut short/s],
      [path, /fat\.img cannot be unpacked.*a FAT that can be read, for \/boot\/firmware/s],
    ] as const) {
      const failure = await importFrom({ path: from }).then(() => undefined, Failure.from);
      expect(failure?.kind).toBe('integrity');
      expect(JSON.stringify(failure?.diagnostics)).toMatch(expected);
    }
  });

  it('more than the disk of the recipe holds', async () => {
    const sha256 = await digestOf(image);
    const options = importStage.options.parse({ from: image, sha256 });
    const root = at('root-too-large');
    await mkdir(root);
    const ctx = {
      options,
      recipe: { folder, architecture: 'amd64', disk: { bytes: 5 << 20 } },
      rootfs: root,
      scratch: folder,
      ...{ run, bootstrap: run, start: ports.start, emit: ports.emit, signal: ports.signal },
    };
    const failure = await importStage.run(ctx as never).then(() => undefined, Failure.from);
    expect(failure?.diagnostics[0]).toEqual({
      what: `${image} holds more than the disk of the recipe.`,
      expected: 'a disk of more than 6 MiB',
      found: '5 MiB',
      hint: 'Enlarge `disk: size:`, or leave out what a client does not need (`exclude`).',
    });
    expect(await ask('find', root, '-mindepth', '1')).toBe('');
  });

  it('another architecture', async () => {
    const failure = await importFrom({ path: image }, 'arm64').then(() => undefined, Failure.from);
    expect(failure?.diagnostics[0]).toEqual({
      what: 'the image is a system for another architecture.',
      expected: 'arm64',
      found: 'amd64 (/bin/sh)',
      hint: 'Give the recipe the architecture of the system, or import another one.',
    });
  });
});
