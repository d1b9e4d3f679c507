/** Whether a folder of firmware boots every model that it is for, before it lies on any TFTP server. */
import { RASPBERRY_PI } from '../raspberry-pi.js';
import { type Note, playFirmware, type Start } from './firmware.js';
import { MODELS, type ModelName, serialPrefix } from './models.js';
import type { TftpReader } from './tftp-tree.js';

const { files, clientArchive, bootcode } = RASPBERRY_PI;

/** Any serial number: the folder is for all. */
const SERIAL = '00000001';

export interface ModelNote extends Note {
  readonly models: readonly ModelName[];
}

/**
 * What the firmware of each model comes to in a folder that is served under the serial number of a Pi, beside a client's archive
 * of `archiveBytes` bytes. Notes are told once, with the models that they concern; their paths are relative to the folder.
 */
export async function judgeFolder(
  models: readonly ModelName[],
  folder: TftpReader,
  archiveBytes = 512,
): Promise<ModelNote[]> {
  const prefix = `${serialPrefix(SERIAL)}/`;
  const tftp: TftpReader = async (path) => {
    if (path === bootcode) return folder(path);
    if (!path.startsWith(prefix)) return undefined;
    const name = path.slice(prefix.length);
    if (name !== clientArchive) return folder(name);
    return { size: archiveBytes, text: () => Promise.resolve('') };
  };
  const found = new Map<string, ModelNote>();
  for (const name of models) {
    const { notes, start } = await playFirmware({ model: MODELS[name], serial: SERIAL }, tftp);
    for (const note of [...notes, ...(start === undefined ? [] : otherFiles(start, prefix))]) {
      const at = note.at.replaceAll(prefix, '');
      const key = JSON.stringify([note.kind, at]);
      found.set(key, { ...note, at, models: [...(found.get(key)?.models ?? []), name] });
    }
  }
  return [...found.values()];
}

/** It would start, yet not by the release's own kernel, initramfs and command line: something in config.txt leads elsewhere. */
function otherFiles({ kernel, initramfs, commandLineFile }: Start, prefix: string): Note[] {
  const own = [files.kernel, files.initramfs, clientArchive, files.commandLine].map((name) => prefix + name);
  const all = [kernel, ...initramfs, commandLineFile];
  if (all.length === own.length && all.every((path, index) => path === own[index])) return [];
  const odd = all.find((path) => !own.includes(path)) ?? all.join(', ');
  const what = `Its kernel, initramfs and command line would not be those of the release, but ${odd.replaceAll(prefix, '')}.`;
  return [{ kind: 'other-files', at: files.config, what, fatal: true }];
}
