/**
 * The sources of this build where they are not those of the image: a file in the root tree for as long as apt runs,
 * so that a mirror that only the build host reaches never becomes part of the image.
 */
import type { StageContext } from '../../pipeline/stage.js';
import { rootTree } from '../rootfs/tree.js';
import { BUILD_SOURCES } from './argv.js';

export interface BuildSources extends AsyncDisposable {
  /** Whether {@link BUILD_SOURCES} is to be used in the place of /etc/apt/sources.list. */
  readonly buildSources: boolean;
  /** What they are, when they are not those of the image. */
  readonly text: string | undefined;
}

export async function useBuildSources(
  ctx: Pick<StageContext<unknown>, 'rootfs' | 'recorded'>,
): Promise<BuildSources> {
  const recorded = ctx.recorded('apt-build-sources');
  const text = typeof recorded === 'string' ? recorded : undefined;
  const tree = rootTree(ctx.rootfs);
  if (text !== undefined) await tree.write(BUILD_SOURCES, text);
  return {
    buildSources: text !== undefined,
    text,
    [Symbol.asyncDispose]: async () => {
      if (text !== undefined) await tree.remove(BUILD_SOURCES);
    },
  };
}
