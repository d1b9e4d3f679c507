/** The LUN of an installer, out of a disc of ours, with tools that had no part in it as judges. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readAt } from '../../artifacts/formats/sparse.js';
import { manifestSchema } from '../../artifacts/release/manifest.js';
import type { RecipeFacts, StageContext } from '../../pipeline/stage.js';
import { windowsInstaller } from '../../stages/windows-installer.js';
import { ask, ports, run, type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { RIG_RECIPE } from '../util/rig-recipe.js';
import { bootImage, mediumFiles, WINPE_FILES, writeDisc, writeWimboot } from '../util/windows/medium.js';

const MIB = 1024 * 1024;
const FIRST = 2048 * 512;

async function written(folder: TestFolder, room: string, options: object) {
  const [output, scratch] = [folder.at(`${room}/output`), folder.at(`${room}/scratch`)];
  for (const path of [output, scratch]) await mkdir(path, { recursive: true });
  const records: Record<string, unknown> = {};
  const roles: Record<string, string> = {};
  const context: Partial<StageContext<unknown>> = {
    ...ports,
    options: windowsInstaller.options.parse(options),
    recipe: { ...RIG_RECIPE, folder: folder.path },
    output,
    scratch,
    epoch: RIG_RECIPE.epoch,
    artifact: (path, role) => void (roles[path] = role),
    digested: () => Promise.resolve(),
    record: (key, value) => void (records[key] = value),
    progress: () => undefined,
  };
  await windowsInstaller.run(context as never);
  return { image: join(output, 'disk.img'), output, records, roles };
}

function findings(folder: TestFolder, options: object) {
  const recipe: RecipeFacts = { ...RIG_RECIPE, folder: folder.path };
  const given = windowsInstaller.options.parse(options);
  const about = {
    options: given,
    recipe,
    distribution: undefined,
    mirror: undefined,
    step: 'x',
    order: [],
    index: 0,
  };
  return windowsInstaller.check?.(about)?.map(({ path, what }) => [path.join('.'), what]);
}

it('boots by BIOS and by UEFI, holds the files of the medium and of the recipe, and is the same twice', async () => {
  await using folder = await testFolder();
  const files = { ...(await mediumFiles()), 'Verzeichnis/Größe.txt': 'x', 'autounattend.xml': 'theirs' };
  await writeDisc(folder.path, files);
  await writeFile(folder.at('answers.xml'), 'ours');
  const options = {
    iso: 'disc.iso',
    files: [{ path: 'autounattend.xml', source: 'answers.xml' }],
    shows: ['x'],
  };
  expect(findings(folder, options)).toEqual([]);
  const { image, records, roles, output } = await written(folder, 'a', options);
  expect(await ask('sfdisk', '--dump', image)).toMatch(/start= +2048, size= +\d+, type=c, bootable\n?$/);
  const part = folder.at('part');
  await run(['dd', `if=${image}`, `of=${part}`, 'bs=1M', 'skip=1', 'status=none'], { doing: 'cut it out' });
  expect(await ask('fsck.vfat', '-n', part)).toMatch(/files, /);
  const at = `${image}@@${FIRST}`;
  expect((await ask('mdir', '-b', '-/', '-i', at, '::')).trim().split('\n').sort()).toEqual([
    '::/Verzeichnis/',
    '::/Verzeichnis/Größe.txt',
    '::/autounattend.xml',
    '::/bootmgr',
    '::/efi/',
    '::/efi/boot/',
    '::/efi/boot/bootx64.efi',
    '::/sources/',
    '::/sources/boot.wim',
  ]);
  await run(['mcopy', '-i', at, '::/sources/boot.wim', folder.at('boot.wim')], { doing: 'take it out' });
  expect((await readFile(folder.at('boot.wim'))).equals(bootImage())).toBe(true);
  expect(await ask('mtype', '-i', at, '::/autounattend.xml')).toBe('ours');
  // GRUB's first sector, which begins with a jump, and its core behind it.
  expect((await readAt(image, 0, 2)).toString('hex')).toBe('eb63');
  expect((await readAt(image, 512, 4)).equals(Buffer.alloc(4))).toBe(false);

  expect(roles).toEqual({ 'disk.img': 'lun-image', 'boot/sanboot.ipxe': 'ipxe-script' });
  expect(await readFile(join(output, 'boot/sanboot.ipxe'), 'utf8')).toContain(
    '--filename \\EFI\\BOOT\\BOOTX64.EFI',
  );
  const { disk, boot, console, loader } = manifestSchema.shape;
  expect(disk.parse(records['disk'])).toMatchObject({
    table: 'mbr',
    partitions: [{ type: '0c', name: 'installer' }],
  });
  expect(boot.parse(records['boot'])).toMatchObject([{ method: 'san', firmware: ['bios', 'uefi'] }]);
  expect(console.parse(records['console'])).toEqual({ device: 'ttyS0', signs: { loader: ['x'] } });
  expect(loader.parse(records['loader'])).toEqual({ reads: 16 * MIB });

  const again = await written(folder, 'b', options);
  await run(['cmp', image, again.image], { doing: 'compare' });
});

it('brings wimboot and what it starts WinPE with, as the medium has it', async () => {
  await using folder = await testFolder();
  const files = { ...(await mediumFiles()), ...WINPE_FILES };
  await writeDisc(folder.path, files);
  const wimboot = await writeWimboot(folder.path);
  const options = { iso: 'disc.iso', wimboot: 'wimboot' };
  expect(findings(folder, options)).toEqual([]);
  const { output, records, roles } = await written(folder, 'a', options);
  expect(roles).toEqual({
    'disk.img': 'lun-image',
    'boot/sanboot.ipxe': 'ipxe-script',
    'boot/winpe/start.ipxe': 'winpe-script',
    ...Object.fromEntries(
      ['wimboot', 'BCD', 'boot.sdi', 'boot.wim'].map((name) => [`boot/winpe/${name}`, 'winpe']),
    ),
  });
  expect(manifestSchema.shape.boot.parse(records['boot'])).toEqual([
    {
      method: 'san',
      firmware: ['bios', 'uefi'],
      artifacts: { 'ipxe-script': 'boot/sanboot.ipxe', 'winpe-script': 'boot/winpe/start.ipxe' },
    },
  ]);
  const there = (name: string) => readFile(join(output, 'boot/winpe', name));
  expect((await there('wimboot')).equals(await readFile(wimboot))).toBe(true);
  expect((await there('boot.wim')).equals(bootImage())).toBe(true);
  expect((await there('BCD')).toString()).toBe(WINPE_FILES['boot/bcd']);
  expect((await there('boot.sdi')).toString()).toBe(WINPE_FILES['boot/boot.sdi']);
});

it('refuses a wimboot that is not there or is none, and a medium without what it needs', async () => {
  await using folder = await testFolder();
  await writeDisc(folder.path, { ...(await mediumFiles()), 'boot/bcd': 'x' });
  const found = (wimboot: string) => findings(folder, { iso: 'disc.iso', wimboot });
  expect(found('wimboot')).toEqual([['wimboot', 'The recipe has no file wimboot.']]);
  await writeFile(folder.at('wimboot'), '<html>404 Not Found</html>');
  expect(found('wimboot')).toEqual([['wimboot', 'wimboot is no wimboot.']]);
  expect(found('.')).toEqual([['wimboot', 'The recipe has no file ..']]);
  await writeWimboot(folder.path);
  expect(found('wimboot')).toEqual([
    ['iso', `${folder.at('disc.iso')} has not all files that wimboot starts WinPE with.`],
  ]);
});

it('splits install.wim into parts that a reader of WIMs takes, the same twice', async () => {
  await using folder = await testFolder();
  const content = folder.at('content');
  await mkdir(content);
  for (const name of ['a', 'b', 'c', 'd'])
    await writeFile(join(content, name), bootImage(1_500_000 + name.charCodeAt(0)));
  const wim = folder.at('install.wim');
  await run(['wimlib-imagex', 'capture', content, wim, '--compress=none'], {
    doing: 'make a WIM',
    quiet: true,
  });
  await writeDisc(folder.path, { ...(await mediumFiles()), 'sources/install.wim': { file: wim } });
  const options = { iso: 'disc.iso', 'wim-part': '2M' };
  const { image } = await written(folder, 'a', options);
  const at = `${image}@@${FIRST}`;
  const names = (await ask('mdir', '-b', '-i', at, '::/sources')).trim().split('\n');
  expect(names).toEqual(
    ['boot.wim', 'install.swm', 'install2.swm', 'install3.swm', 'install4.swm'].map(
      (name) => `::/sources/${name}`,
    ),
  );
  await run(['mcopy', '-i', at, '::/sources/*.swm', folder.path], { doing: 'take them out' });
  const to = folder.at('applied');
  const parts = `--ref=${folder.at('install*.swm')}`;
  await run(['wimlib-imagex', 'apply', folder.at('install.swm'), '1', to, parts], {
    doing: 'apply',
    quiet: true,
  });
  await run(['diff', '-r', content, to], { doing: 'compare' });
  await run(['cmp', image, (await written(folder, 'b', options)).image], { doing: 'compare' });
});

it('finds everything that is wrong before anything is written', async () => {
  await using folder = await testFolder();
  const all = await mediumFiles();
  const disc = async (without: RegExp) => {
    const files = Object.fromEntries(Object.entries(all).filter(([path]) => !without.test(path)));
    await using own = await testFolder();
    const iso = await writeDisc(own.path, { ...files, x: 'x' });
    await run(['cp', iso, folder.at('disc.iso')], { doing: 'keep it' });
    return findings(folder, { iso: 'disc.iso' });
  };
  const path = folder.at('disc.iso');
  expect(findings(folder, { iso: 'disc.iso' })).toEqual([['iso', `${path} does not exist.`]]);
  expect(await disc(/sources/)).toEqual([
    ['iso', `${path} is no installation medium of Windows: it has no sources/boot.wim.`],
  ]);
  expect(await disc(/bootmgr|efi/)).toEqual([['iso', `No 64-bit machine can be started by ${path}.`]]);
  expect(await disc(/efi/)).toEqual([]);
  expect(await disc(/^$/)).toEqual([]);
  expect(findings(folder, { iso: 'disc.iso', size: '20M' })).toEqual([
    ['size', 'The LUN is 126M too small for the files of the installer.'],
  ]);
  expect(
    findings(folder, { iso: 'disc.iso', 'wim-part': '5G', files: [{ path: 'a', source: 'none' }] }),
  ).toEqual([
    ['wim-part', 'Parts of this size cannot be made.'],
    ['files.0.source', 'The recipe has no file none.'],
  ]);
});
