/** Text files that users write. */
import { Failure, type FailureKind } from './failure.js';
import { readRegular } from './regular-file.js';

/** Bytes of a recipe, a site, or a file beside them: a thousand times what they have. */
export const MOST_TEXT_BYTES = 1024 * 1024;

/** The text of a UTF-8 file without its byte order mark. @throws Failure of the kind when it is none, too large or unreadable */
export async function readText(path: string, shown: string, kind: FailureKind = 'recipe'): Promise<string> {
  let bytes: Buffer;
  try {
    // Users' own files may be links.
    bytes = await readRegular(path, { most: MOST_TEXT_BYTES, shown, kind, follow: true });
  } catch (error) {
    if (error instanceof Failure) throw error;
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
