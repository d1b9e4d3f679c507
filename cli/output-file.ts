/** A file that a command writes where the user said: whole, or not at all. */
import { Failure } from '../base/failure.js';
import { replaceFile } from '../base/replace-file.js';

/** @param path absolute @param mode permission bits @throws Failure of kind `host` */
export async function writeOutput(path: string, text: string, mode?: number): Promise<void> {
  try {
    await replaceFile(path, text, mode === undefined ? {} : { mode });
  } catch (error) {
    const { message } = error as Error;
    throw new Failure('host', { what: `${path} cannot be written.`, found: message }, { cause: error });
  }
}
