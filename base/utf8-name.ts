/** Names of files as text. A name is bytes to the kernel; those that are not UTF-8 Node cannot open by their text. */
import { isUtf8 } from 'node:buffer';

/** The name as text; undefined when it is not UTF-8. */
export function utf8Name(name: Buffer): string | undefined {
  return isUtf8(name) ? name.toString() : undefined;
}

/** How a name that is not UTF-8 is shown: what is not printable ASCII as `\xE9`. */
export function shownName(name: Buffer): string {
  return [...name.toString('latin1')]
    .map((char) =>
      char > '~' || char < ' '
        ? `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
        : char,
    )
    .join('');
}
