/** Terminal output as plain text: escape sequences of ECMA-48 taken out, cursor movements to another line made line ends. */

const SEQUENCE =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-OQ-WYZ\\`-~])/g;
/** A sequence that has begun at the end of the text and is not whole yet. */
const OPEN = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)$/;
/** No sequence is that long; what looks like one is a lone escape in binary noise. */
const LONGEST = 4096;

export interface Cleaner {
  /** The plain text of a chunk; a sequence or character that is cut off waits for the next chunk. */
  clean(chunk: Uint8Array): string;
}

export function createCleaner(): Cleaner {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  return {
    clean: (chunk) => {
      const text = rest + decoder.decode(chunk, { stream: true });
      const open = OPEN.exec(text);
      const cut = open === null || open[0].length > LONGEST ? text.length : open.index;
      rest = text.slice(cut);
      return text
        .slice(0, cut)
        .replace(SEQUENCE, (sequence) => (/^\x1b\[[0-9;]*[Hf]$/.test(sequence) ? '\n' : ''))
        .replaceAll(/\r+\n?/g, '\n')
        .replaceAll(/[^\P{Cc}\n\t]/gu, '');
    },
  };
}
