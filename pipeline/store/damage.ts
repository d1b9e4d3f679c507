/** Whether an entry is as it was written: what a walk shows, and what its files hold. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, type FileDigestOptions } from '../../artifacts/release/file-digests.js';
import type { Ports } from '../../base/ports.js';
import type { StepRecord } from './store.js';
import { contentFolder, digestContents, filesBelow, listTree } from './tree-digest.js';

/** What is wrong with an entry, if anything. Runs in the sandbox, where owners are seen as they were written. */
export async function entryDamage(
  entry: string,
  record: StepRecord,
  ports: Ports,
  { contents }: { readonly contents: boolean },
): Promise<string | undefined> {
  const folder = contentFolder(entry, record.kind);
  const found = await listTree(folder, ports).catch(() => undefined);
  if (found === undefined) return 'its folder is missing';
  if (found.entries !== record.entries) return `${found.entries} files instead of ${record.entries}`;
  if (found.listing !== record.listing) return 'names, owners, modes, sizes or times have changed';
  if (!contents) return undefined;
  return (await contentDigest(folder, record.kind, ports)).content === record.content
    ? undefined
    : 'its contents have changed';
}

/** Of an output every file by itself, since the manifest will want them; of a layer all at once. */
export async function contentDigest(
  folder: string,
  kind: StepRecord['kind'],
  ports: Ports & Pick<FileDigestOptions, 'taken'>,
): Promise<Pick<StepRecord, 'content' | 'files'>> {
  if (kind === 'layer') return { content: await digestContents(folder, ports), files: [] };
  const files: StepRecord['files'] = [];
  for (const path of await filesBelow(folder)) {
    const { size: bytes } = await stat(join(folder, path));
    files.push({ path, bytes, digest: await digestFile(join(folder, path), bytes, ports) });
  }
  return { files, content: files.map(({ digest }) => digest).join(' ') };
}
