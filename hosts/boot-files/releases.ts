/** Which files of which releases the HTTP server shows. */
import type { Manifest } from '../../artifacts/release/manifest.js';
import { servedArtifacts } from '../../artifacts/release/roles.js';
import { type HostState, releasesOf } from '../host/state.js';
import type { BootFile } from './boot-file.js';

/** From `<root>/states/<serial>/http/releases/<digest>/` to `<root>`. */
const TO_ROOT = '../../../../..';

/** Of every release that the state names. @param manifests by digest */
export function releaseFiles(state: HostState, manifests: ReadonlyMap<string, Manifest>): BootFile[] {
  return releasesOf(state).flatMap((digest) => {
    const manifest = manifests.get(digest);
    return (manifest === undefined ? [] : servedArtifacts(manifest)).map(({ path: file }) => {
      const path = `releases/${digest}/${file}`;
      const up = '../'.repeat(file.split('/').length - 1);
      return { path, content: { link: `${up}${TO_ROOT}/${path}` }, secret: false };
    });
  });
}
