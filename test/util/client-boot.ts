/** A client that is switched on beside a target host whose files lie in a folder; see test/inside/client-boot.ts. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BootFile } from '../../hosts/boot-files/boot-file.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { ClientBoot, SeenBoot } from '../inside/client-boot.js';

export async function bootClient(boot: ClientBoot): Promise<SeenBoot> {
  const job = { module: 'test/inside/client-boot.js', payload: boot, network: 'own' } as const;
  return (await enterSandbox(job, () => undefined, new AbortController().signal)) as SeenBoot;
}

/** Lays boot files down as they lie on a host. */
export async function layDown(folder: string, files: readonly BootFile[]): Promise<void> {
  for (const { path, content } of files) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    if ('link' in content) await symlink(content.link, at);
    else await writeFile(at, 'text' in content ? content.text : content.bytes);
  }
}
