/** What the initramfs of a Raspberry Pi holds: programs of its own architecture alone, and a driver for the network card of each model. */
import { readFile } from 'node:fs/promises';
import type { ReadCpioEntry } from '../../artifacts/formats/cpio.js';
import { MODELS, type ModelName } from '../../artifacts/platform/raspberry-pi/models.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import { readInitramfs } from '../../artifacts/release/initramfs.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { Architecture, StageContext } from '../../pipeline/stage.js';
import type { RootTree } from '../rootfs/tree.js';
import { elfArchitecture } from '../seal/elf.js';

export interface InitramfsWishes {
  readonly architecture: Architecture;
  readonly models: readonly ModelName[];
  /** Of the kernel, as `uname -r` says it. */
  readonly version: string;
}

/** @throws Failure of kind `recipe` for a card without a driver, `integrity` for a program of another architecture */
export async function requireInitramfs(
  ctx: Pick<StageContext<unknown>, 'run' | 'start' | 'emit' | 'signal'>,
  tree: RootTree,
  { architecture, models, version }: InitramfsWishes,
): Promise<void> {
  const name = `${RASPBERRY_PI.folder.inRoot}/${RASPBERRY_PI.files.initramfs}`;
  const path = await tree.locate(name);
  const members = (await readInitramfs(await readFile(path), ctx))?.flat();
  if (members === undefined) {
    throw new Failure('integrity', {
      what: `The initramfs ${name} cannot be unpacked.`,
      expected: 'cpio archives, the last perhaps compressed by zstd, gzip, xz or lz4',
    });
  }
  requireOneMachine(members, architecture);
  const folder = `/usr/lib/modules/${version}`;
  const lists = await Promise.all(
    ['modules.builtin', 'modules.order'].map((list) => tree.read(`${folder}/${list}`)),
  );
  const [builtin = [], loadable = []] = lists.map((text) => (text ?? '').split('\n'));
  const paths = members.map((member) => member.path);
  const [first, ...more] = models.flatMap((model) => {
    const { card } = MODELS[model];
    if ([...paths, ...builtin].some((each) => isModule(each, card))) return [];
    return [
      withoutDriver(
        model,
        version,
        loadable.some((each) => isModule(each, card)),
      ),
    ];
  });
  if (first !== undefined) throw new Failure('recipe', [first, ...more]);
}

/** An initramfs that is made on another machine must hold nothing of that. @throws Failure of kind `integrity` */
function requireOneMachine(members: readonly ReadCpioEntry[], architecture: Architecture): void {
  let programs = 0;
  for (const member of members) {
    if (member.type !== 'file' || Buffer.from(member.content.subarray(0, 4)).toString('latin1') !== '\x7fELF')
      continue;
    const found = elfArchitecture(member.content);
    programs += 1;
    if (found === architecture) continue;
    throw new Failure('integrity', {
      what: `The initramfs holds a file for another machine than the root: /${member.path}`,
      expected: architecture,
      found,
      hint: 'A hook of the initramfs has brought it: those of the root are in /etc/initramfs-tools/hooks and /usr/share/initramfs-tools/hooks.',
    });
  }
  if (programs === 0)
    throw new Failure('integrity', {
      what: 'The initramfs holds no program.',
      expected: `programs for ${architecture}`,
    });
}

/** A module has `_` or `-` in its file's name, which may be compressed. */
function isModule(path: string, name: string): boolean {
  return new RegExp(`(?:^|/)${name.replaceAll(/[_-]/g, '[_-]')}\\.k?o(?:\\.(?:xz|zst|gz))?$`).test(path);
}

function withoutDriver(model: ModelName, version: string, loadable: boolean): Diagnostic {
  const { card } = MODELS[model];
  return {
    what: `A Raspberry Pi ${model} would not boot: its network card has no driver in the initramfs.`,
    expected: `the kernel module ${card}`,
    found: loadable ? 'an initramfs without it' : `Linux ${version}, which was built without it`,
    hint: loadable
      ? `Add \`${card}\` to \`modules\` of the step \`initramfs\`.`
      : 'Install another kernel, or name the models that the release is for (`models`).',
  };
}
