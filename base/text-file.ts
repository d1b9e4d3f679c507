/** Text files that users write. */
import { Failure, type FailureKind } from './failure.js';
import { readRegular } from './regular-file.js';

/** Bytes of a recipe or a file beside it: a hundred times what large ones have. */
const MOST_BYTES = 256 * 1024;

export interface TextOptions {
  /** What one is that cannot be read. Default `recipe`. */
  readonly kind?: FailureKind;
  /** Bytes that it may have. Default 256 KiB. */
  readonly most?: number;
}

/** The text of a UTF-8 file without its byte order mark. @throws Failure of the kind when it is none, too large or unreadable */
export async function readText(
  path: string,
  shown: string,
  { kind = 'recipe', most = MOST_BYTES }: TextOptions = {},
): Promise<string> {
  let bytes: Buffer;
  try {
    // Users' own files may be links.
    bytes = await readRegular(path, { most, shown, kind, follow: true });
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
