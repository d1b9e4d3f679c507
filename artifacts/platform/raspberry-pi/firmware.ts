/**
 * What boot ROM, bootcode.bin or EEPROM, and start.elf of a Raspberry Pi load by TFTP, and what they start with it (Raspberry Pi
 * documentation, "config.txt" and "Network booting"). It plays them for one Pi and judges on the way: the boot gate boots what it finds,
 * and a check that only looks at a tree reads its notes.
 */
import { type ConfigNote, type ConfigText, INITRAMFS_LIMIT, type Reader, readConfig } from './config-txt.js';
import { KNOWN_KERNELS, type Model, macPrefix, serialPrefix } from './models.js';
import type { TftpFile, TftpReader } from './tftp-tree.js';

export interface Pi extends Reader {
  /** Where the EEPROM looks (`TFTP_PREFIX`): below its serial number, its MAC address, or no folder. Default `serial`. */
  readonly prefix?: 'serial' | { readonly mac: string };
}

export type NoteKind =
  | ConfigNote['kind']
  | 'prefix-dropped'
  | 'os-prefix-ignored'
  | 'missing'
  | 'command-line-lines'
  | 'initramfs-line-long'
  | 'initramfs-unaligned'
  | 'no-initramfs'
  | 'other-files';

/** Something to know: a Pi says nothing about it, or blinks. */
export interface Note {
  readonly kind: NoteKind;
  /** The file that it is about, as it was asked for; `config.txt:3` for a line. */
  readonly at: string;
  readonly what: string;
  /** Whether the Pi does not come to its kernel, or not to its root. */
  readonly fatal: boolean;
}

export interface Overlay {
  readonly path: string;
  /** `name=value` of its `dtoverlay=` line and of the `dtparam=` lines that follow it. */
  readonly parameters: readonly string[];
}

/** What the processors are started with; paths as they were asked for. */
export interface Start {
  readonly kernel: string;
  readonly bits: 32 | 64;
  readonly deviceTree: string | undefined;
  readonly overlays: readonly Overlay[];
  /** In the order in which they follow each other in memory. */
  readonly initramfs: readonly string[];
  readonly commandLineFile: string;
  /** Of its file alone: the device tree brings more. */
  readonly commandLine: string;
}

export interface Played {
  /** All that was asked for, once each, in order. */
  readonly asked: readonly { readonly path: string; readonly found: boolean }[];
  readonly notes: readonly Note[];
  /** Undefined when a fatal note says why the Pi stopped. */
  readonly start?: Start;
}

/** Thrown and caught in here: the Pi goes no further. */
class Stopped extends Error {}

export async function playFirmware(pi: Pi, tftp: TftpReader): Promise<Played> {
  const asked = new Map<string, boolean>();
  const notes: Note[] = [];
  const read: TftpReader = async (path) => {
    const file = await tftp(path);
    asked.set(path, file !== undefined);
    return file;
  };
  const play: Play = {
    pi,
    read,
    note: (kind, at, what) => notes.push({ kind, at, what, fatal: false }),
    stop: (kind, at, what) => {
      notes.push({ kind, at, what, fatal: true });
      return new Stopped();
    },
  };
  const result = () => ({ asked: [...asked].map(([path, found]) => ({ path, found })), notes });
  try {
    const start = await boot(play);
    return { ...result(), start };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return result();
  }
}

interface Play {
  readonly pi: Pi;
  readonly read: TftpReader;
  note(kind: NoteKind, at: string, what: string): void;
  stop(kind: NoteKind, at: string, what: string): Stopped;
}

async function boot(play: Play): Promise<Start> {
  const { pi, read, stop } = play;
  if (pi.model.begins === 'rom' && (await read('bootcode.bin')) === undefined)
    throw stop(
      'missing',
      'bootcode.bin',
      'The boot ROM finds nothing to run: it asks for bootcode.bin in the TFTP root, and nowhere else.',
    );
  const folder = await choosePrefix(play);
  // The first program knows no include.
  await loadFirmware(play, folder, await settingsOf(play, folder, false));
  const config = await settingsOf(play, folder, true);
  for (const { kind, file, line, text } of config.notes) {
    const [what, fatal] = CONFIG_WORDS[kind];
    if (fatal) throw stop(kind, `${folder}${file}:${line}`, `${what}: ${text}`);
    play.note(kind, `${folder}${file}:${line}`, `${what}: ${text}`);
  }
  return chooseSystem(play, folder, lookUp(config));
}

const CONFIG_WORDS: Readonly<Record<ConfigNote['kind'], readonly [string, fatal: boolean]>> = {
  'long-line': ['The line is longer than 98 characters, and the rest of it is not read', false],
  'unknown-filter': ['No firmware knows this filter, and what stands below it is not read', false],
  'no-setting': ['This is no setting', false],
  'initramfs-equals': ['`initramfs` takes no `=`, and the line is not read', true],
};

/** Where it looks; without the file that it probes for, in the root, of which a real Pi says nothing. */
async function choosePrefix({ pi, read, note }: Play): Promise<string> {
  const { model, serial, prefix = 'serial' } = pi;
  const folder = `${prefix === 'serial' ? serialPrefix(serial) : macPrefix(prefix.mac)}/`;
  if ((await read(`${folder}${model.probe}`)) !== undefined) return folder;
  note(
    'prefix-dropped',
    `${folder}${model.probe}`,
    `Without it the Pi leaves the folder ${folder} alone and looks in the TFTP root, and says nothing of it.`,
  );
  return '';
}

async function settingsOf({ pi, read }: Play, folder: string, includes: boolean): Promise<ConfigText> {
  const file = await read(`${folder}config.txt`);
  const include = async (name: string) => (await read(`${folder}${name}`))?.text();
  return readConfig((await file?.text()) ?? '', pi, { file: 'config.txt', ...(includes ? { include } : {}) });
}

interface Settings {
  /** The last one wins. */
  get(key: string): string | undefined;
  isOn(key: string): boolean | undefined;
  readonly all: ConfigText['settings'];
}

function lookUp({ settings }: ConfigText): Settings {
  const get = (key: string) => settings.findLast((each) => each.key === key)?.value;
  return {
    get,
    isOn: (key) => {
      const value = get(key);
      return value === undefined ? undefined : Number(value) !== 0;
    },
    all: settings,
  };
}

async function loadFirmware({ pi, read, stop }: Play, folder: string, config: ConfigText): Promise<void> {
  const { firmware } = pi.model;
  if (firmware === undefined) return;
  const { get, isOn } = lookUp(config);
  const variant =
    get('gpu_mem') === '16' ? 'cut' : isOn('start_debug') ? 'debug' : isOn('start_x') ? 'x' : 'plain';
  const { start, fixup } = firmware[variant];
  for (const [name, role] of [
    [get('start_file') ?? start, 'firmware of the VideoCore'],
    [get('fixup_file') ?? fixup, 'part of the firmware that fits its memory'],
  ] as const) {
    if ((await read(`${folder}${name}`)) === undefined)
      throw stop('missing', `${folder}${name}`, `The Pi stops: this ${role} is missing.`);
  }
}

/** Below the prefix of the operating system, if that leads anywhere; a path with a slash in front leaves prefixes aside. */
function below(folder: string, osPrefix: string, name: string): string {
  return name.startsWith('/') ? `${folder}${name.slice(1)}` : `${folder}${osPrefix}${name}`;
}

async function chooseSystem(play: Play, folder: string, settings: Settings): Promise<Start> {
  const { pi, read, note, stop } = play;
  const { get, isOn } = settings;
  const bits = bitsOf(pi.model, settings);
  const kernels = kernelNames(pi.model, bits, get('kernel'));
  const trees = treeNames(pi.model, settings);
  const first = async (names: readonly string[], osPrefix: string) => {
    for (const name of names) {
      const path = below(folder, osPrefix, name);
      const file = await read(path);
      if (file !== undefined) return path;
    }
    return undefined;
  };
  const wanted = get('os_prefix') ?? (isOn('upstream_kernel') === true ? 'upstream/' : '');
  let osPrefix = wanted;
  let kernel = await first(kernels, osPrefix);
  let deviceTree = await first(trees, osPrefix);
  if (osPrefix !== '' && (kernel === undefined || deviceTree === undefined)) {
    if (get('os_prefix') !== undefined)
      note(
        'os-prefix-ignored',
        `${folder}${osPrefix}`,
        'The prefix is ignored, since kernel and device tree are not both below it.',
      );
    osPrefix = '';
    kernel = await first(kernels, osPrefix);
    deviceTree = await first(trees, osPrefix);
  }
  if (kernel === undefined) {
    const names = kernels.map((name) => below(folder, osPrefix, name)).join(' or ');
    throw stop('missing', names, 'The Pi has no kernel to start.');
  }
  if (deviceTree === undefined && trees.length > 0) {
    const names = trees.map((name) => below(folder, osPrefix, name)).join(' or ');
    throw stop('missing', names, 'Without the device tree of its model the kernel does not start.');
  }
  const place = (name: string) => below(folder, osPrefix, name);
  const commandLineFile = place(get('cmdline') ?? 'cmdline.txt');
  return {
    kernel,
    bits,
    deviceTree,
    overlays: await overlaysOf(play, folder, osPrefix, settings),
    initramfs: await initramfsOf(play, place, kernel, settings),
    commandLineFile,
    commandLine: await commandLineOf(play, commandLineFile),
  };
}

function bitsOf({ bits, kernels }: Model, { get, isOn }: Settings): 32 | 64 {
  if (kernels.bits32.length === 0) return 64;
  const known = KNOWN_KERNELS[baseName(get('kernel') ?? '')];
  if (known !== undefined) return known;
  const wish = isOn('arm_64bit');
  return wish === undefined ? bits : wish ? 64 : 32;
}

function kernelNames({ kernels }: Model, bits: 32 | 64, explicit: string | undefined): readonly string[] {
  if (explicit !== undefined && explicit !== '') return [explicit];
  return bits === 64 ? kernels.bits64 : kernels.bits32;
}

/** None where the recipe of the system wants none. */
function treeNames({ trees }: Model, { get, isOn }: Settings): readonly string[] {
  const explicit = get('device_tree');
  if (explicit !== undefined) return explicit === '' ? [] : [explicit];
  const { upstream, downstream } = trees;
  return isOn('upstream_kernel') === true ? [...new Set([upstream, downstream])] : [downstream];
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

async function overlaysOf(
  { read, note }: Play,
  folder: string,
  osPrefix: string,
  { get, all }: Settings,
): Promise<Overlay[]> {
  const lines = all.filter(({ key }) => key === 'dtoverlay' || key === 'dtparam');
  const wanted: { name: string; parameters: string[] }[] = [];
  let last: { parameters: string[] } | undefined;
  for (const { key, value } of lines) {
    const [head = '', ...parameters] = value.split(/,|:/);
    if (key === 'dtparam') last?.parameters.push(...value.split(','));
    else {
      last = head === '' ? undefined : { parameters };
      if (last !== undefined) wanted.push({ name: head, ...last, parameters: last.parameters });
    }
  }
  if (wanted.length === 0) return [];
  const overlays = get('overlay_prefix') ?? 'overlays/';
  const own = osPrefix !== '' && (await read(`${folder}${osPrefix}${overlays}README`)) !== undefined;
  const found: Overlay[] = [];
  for (const { name, parameters } of wanted) {
    const path = `${folder}${own ? osPrefix : ''}${overlays}${name}.dtbo`;
    if ((await read(path)) === undefined) note('missing', path, 'The overlay is not applied: it is missing.');
    else found.push({ path, parameters });
  }
  return found;
}

const ALIGNMENT = 4;

async function initramfsOf(
  { read, note, stop }: Play,
  place: (name: string) => string,
  kernel: string,
  settings: Settings,
): Promise<string[]> {
  const names = initramfsNames(settings, kernel, (line) =>
    note(
      'initramfs-line-long',
      line,
      `A line that names initramfs files is read up to ${INITRAMFS_LIMIT} characters.`,
    ),
  );
  const loaded: { readonly path: string; readonly file: TftpFile }[] = [];
  for (const name of names) {
    const path = place(name);
    const file = await read(path);
    if (file === undefined)
      throw stop('missing', path, 'The initramfs is missing: the kernel would find no root.');
    loaded.push({ path, file });
  }
  for (const { path, file } of loaded.slice(0, -1)) {
    if (file.size % ALIGNMENT === 0) continue;
    note(
      'initramfs-unaligned',
      path,
      `It has ${file.size} bytes, no multiple of ${ALIGNMENT}: what follows it in memory is not unpacked.`,
    );
  }
  if (loaded.length === 0)
    note('no-initramfs', 'config.txt', 'No initramfs is loaded: a root on iSCSI is not found.');
  return loaded.map(({ path }) => path);
}

function initramfsNames(
  { get, isOn, all }: Settings,
  kernel: string,
  tooLong: (line: string) => void,
): string[] {
  const line = all.findLast(({ key }) => key === 'initramfs');
  if (line !== undefined) {
    const head = 'initramfs ';
    if (head.length + line.value.length > INITRAMFS_LIMIT) tooLong(`${line.file}:${line.line}`);
    const [files = ''] = line.value.slice(0, INITRAMFS_LIMIT - head.length).split(/\s+/);
    return files.split(',').filter((name) => name !== '');
  }
  const files = get('ramfsfile');
  if (files !== undefined && files !== '') return files.split(',');
  const name = baseName(kernel);
  if (isOn('auto_initramfs') !== true || !/^kernel.*\.img$/.test(name)) return [];
  return [name.replace(/^kernel/, 'initramfs').replace(/\.img$/, '')];
}

async function commandLineOf({ read, note, stop }: Play, path: string): Promise<string> {
  const file = await read(path);
  if (file === undefined)
    throw stop('missing', path, 'Without a command line the kernel is told of no root.');
  const [line = '', ...others] = (await file.text()).split(/\r?\n/);
  if (others.some((each) => each.trim() !== ''))
    note('command-line-lines', path, 'A command line is one line: what follows the first is not read.');
  return line.trim();
}
