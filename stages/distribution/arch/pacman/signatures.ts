/** Signatures that a database does not hold itself: files beside the packages, kept once they have come. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { Failure } from '../../../../base/failure.js';
import { replaceFile } from '../../../../base/replace-file.js';
import type { LockedPackage, ResolveContext } from '../../../../pipeline/stage.js';
import { readUsed } from '../../prune.js';
import type { Repository } from './config.js';
import { repositoryUrl } from './servers.js';

const DOWNLOADS = 6;

/** The packages, each with its signature in `index`, base64. @throws Failure of kind `signature` or `network` */
export async function withSignatures(
  packages: readonly LockedPackage[],
  repositories: readonly Repository[],
  ctx: Pick<ResolveContext<unknown>, 'state' | 'signal'>,
): Promise<LockedPackage[]> {
  const queue = new PQueue({ concurrency: DOWNLOADS });
  return Promise.all(
    packages.map(async (each) => {
      if (each.index?.['signature'] !== undefined) return each;
      const servers = repositories.find(({ name }) => name === each.archive)?.servers ?? [];
      const signature = await queue.add(() => keptSignature(each, servers, ctx));
      return { ...each, index: { signature } };
    }),
  );
}

async function keptSignature(
  each: LockedPackage,
  servers: readonly string[],
  { state, signal }: Pick<ResolveContext<unknown>, 'state' | 'signal'>,
): Promise<string> {
  const folder = join(state, 'pacman-signatures');
  const file = join(folder, each.sha256);
  const known = await readUsed(file);
  if (known !== undefined) return known;
  const urls = servers.map(
    (server) => `${repositoryUrl(server, each.archive)}/${encodeURIComponent(each.path)}.sig`,
  );
  const refusals: string[] = [];
  for (const url of urls) {
    try {
      const answer = await fetch(url, { signal });
      if (answer.ok) {
        const signature = Buffer.from(await answer.arrayBuffer()).toString('base64');
        await mkdir(folder, { recursive: true });
        await replaceFile(file, signature);
        return signature;
      }
      await answer.body?.cancel();
      refusals.push(`HTTP status ${answer.status} for ${url}`);
    } catch (error) {
      if (signal.aborted) throw error;
      refusals.push(`${error instanceof Error ? error.message : String(error)} for ${url}`);
    }
  }
  throw new Failure('signature', {
    what: `No mirror has the signature of ${each.name} ${each.version}.`,
    expected: `${each.path}.sig beside the package`,
    found: refusals.join('; '),
    hint: 'The mirror may be half way through an update: wait some minutes, or choose another with `--mirror URL`.',
  });
}
