/** Whether a folder of firmware boots every model that it is for, before it lies on any TFTP server. */
import { RASPBERRY_PI } from '../raspberry-pi.js';
import { type Note, playFirmware } from './firmware.js';
import { MODELS, type ModelName, serialPrefix } from './models.js';
import type { TftpReader } from './tftp-tree.js';

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
    if (path === RASPBERRY_PI.bootcode) return folder(path);
    if (!path.startsWith(prefix)) return undefined;
    const name = path.slice(prefix.length);
    if (name !== RASPBERRY_PI.clientArchive) return folder(name);
    return { size: archiveBytes, text: () => Promise.resolve('') };
  };
  const found = new Map<string, ModelNote>();
  for (const name of models) {
    const { notes } = await playFirmware({ model: MODELS[name], serial: SERIAL }, tftp);
    for (const note of notes) {
      const at = note.at.replaceAll(prefix, '');
      const key = JSON.stringify([note.kind, at]);
      found.set(key, { ...note, at, models: [...(found.get(key)?.models ?? []), name] });
    }
  }
  return [...found.values()];
}
