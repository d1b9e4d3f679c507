/** Whether the systems that clients boot take the files that the site has for them. */
import type { Manifest } from '../../artifacts/release/manifest.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { bootImages } from '../boot-files/boot-image.js';
import type { ClientState, HostState } from '../host/state.js';
import type { ClientFile } from '../site/facts.js';

/** @throws Failure of kind `usage` for all releases whose initramfs would not look at them, and for paths that the root has not */
export function requireFilesTaken(
  { clients }: Pick<HostState, 'clients'>,
  manifests: ReadonlyMap<string, Manifest>,
): void {
  const [first, ...rest] = Object.values(clients).flatMap((client) => refusalsOf(client, manifests));
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

function refusalsOf(client: ClientState, manifests: ReadonlyMap<string, Manifest>): Diagnostic[] {
  const { name, files = [] } = client.facts;
  if (files.length === 0) return [];
  return bootImages(client).flatMap(({ generation: { release = '' } }) => {
    const manifest = manifests.get(release);
    if (manifest === undefined) return [];
    const words = `${manifest.recipe.name}@${release.slice(0, 12)}`;
    return manifest.clientFiles === true
      ? files.flatMap((file) => hidden(name, file, manifest, words))
      : [untaken(name, files, words)];
  });
}

function untaken(client: string, files: readonly ClientFile[], release: string): Diagnostic {
  return {
    what: `${client} would not get its files from ${release}: its initramfs does not look for them.`,
    expected: 'a release whose manifest has `clientFiles`',
    found: `one without, and ${files.map(({ path }) => path).join(', ')} of ${client}`,
    hint: `The release was built before there were files of clients, or its system takes none: build it anew, or take the files out of lunsmith.yaml, those of the whole site and of ${client}, run: npx lunsmith client add ${client}, and then this again.`,
  };
}

/** They lie in the root; what the system mounts later would hide them. */
function hidden(client: string, { path }: ClientFile, { disk }: Manifest, release: string): Diagnostic[] {
  const over = disk.partitions.find(
    ({ mount = '/' }) => mount !== '/' && mount.startsWith('/') && path.startsWith(`${mount}/`),
  );
  if (over === undefined) return [];
  return [
    {
      what: `${path} of ${client} would be hidden in ${release}: ${over.mount} is a partition of its own there.`,
      expected: 'a path in the root file system',
      found: path,
      hint: `Choose another path in lunsmith.yaml, and let a link of the image lead there; run: npx lunsmith client add ${client}, and then this again.`,
    },
  ];
}
