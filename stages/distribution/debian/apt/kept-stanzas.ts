/** Stanzas of packages that were chosen once: an archive forgets a version, a lock does not. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../../../base/replace-file.js';
import type { LockedPackage } from '../../../../pipeline/stage.js';
import { readUsed } from '../../prune.js';

export interface KeptStanza {
  readonly locked: LockedPackage;
  readonly stanza: string;
}

function fileOf(state: string, { sha256 }: LockedPackage): string {
  return join(state, 'stanzas', sha256.slice(0, 2), sha256);
}

export async function keepStanzas(state: string, kept: readonly KeptStanza[]): Promise<void> {
  for (const { locked, stanza } of kept) {
    const file = fileOf(state, locked);
    if ((await stat(file).catch(() => undefined)) !== undefined) continue;
    await mkdir(dirname(file), { recursive: true });
    await replaceFile(file, stanza);
  }
}

/** Those whose stanza is still known. */
export async function fetchedStanzas(state: string, wanted: readonly LockedPackage[]): Promise<KeptStanza[]> {
  const found = await Promise.all(
    wanted.map(async (locked) => ({
      locked,
      stanza: await readUsed(fileOf(state, locked)),
    })),
  );
  return found.flatMap(({ locked, stanza }) => (stanza === undefined ? [] : [{ locked, stanza }]));
}
