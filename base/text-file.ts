/** Text files that users write. */
import { readFile } from 'node:fs/promises';
import { Failure, type FailureKind } from './failure.js';

/** The text of a UTF-8 file without its byte order mark. @throws Failure of the kind when it is none or unreadable */
export async function readText(path: string, shown: string, kind: FailureKind = 'recipe'): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Failure(kind, { what: `Cannot read ${shown}.`, found: code }, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Failure(
      kind,
      { what: `${shown} is no text file.`, expected: 'UTF-8', hint: 'Save it as UTF-8.' },
      { cause: error },
    );
  }
}
