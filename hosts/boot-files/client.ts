/** What one client is handed: its script, its account, and archives for its initramfs. */

import { ipxeScript, setSetting, uriWord } from '../../artifacts/formats/ipxe.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { bootArtifact } from '../../artifacts/release/roles.js';
import type { ClientState } from '../host/state.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { accountCommands, accountFiles, LEFT } from './account.js';
import { kernelAddress, ownAddress } from './address.js';
import type { BootFile, ClientAccount } from './boot-file.js';
import { type BootImage, bootImages } from './boot-image.js';
import { choice } from './choice.js';
import { clientArchive } from './client-archive.js';
import { bootInstalled } from './installed.js';
import { checkNames } from './names.js';
import { chainByPath, hasPaths, otherCards, pathsScript, sanUris } from './paths.js';

export interface ClientFilesInput {
  readonly host: HostFacts;
  /** By digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly lun: number;
  readonly client: ClientState;
  readonly account: ClientAccount;
}

/** Attempts of a release's script before the client's own script is asked for again. */
const TRIES = 3;

export function clientFiles(input: ClientFilesInput): BootFile[] {
  const { host, client, account, manifests } = input;
  const { facts } = client;
  checkNames(facts);
  const images = bootImages(client);
  const at = (name: string) => `clients/${facts.name}/${name}`;
  return [
    { path: at('boot.ipxe'), content: { text: script(input, images) }, secret: false },
    ...accountFiles(facts, account),
    ...images
      .filter(({ image }) => image.boot === 'direct')
      .map((each) => ({
        path: archivePath(facts, each),
        content: {
          bytes: clientArchive(host, client, each.generation, {
            account,
            manifest: manifests.get(each.generation.release ?? ''),
          }),
        },
        secret: true,
      })),
    ...images
      .filter((each) => bootsByPaths(input, each))
      .map((each) => ({
        path: pathsPath(facts, each),
        content: { text: pathsScript({ ...input, target: each.generation.target }) },
        secret: false,
      })),
  ];
}

/**
 * It always ends as a success, so that the script which chained to it can tell a failed boot from a script that is not there. `goto`
 * finds labels of this script only, so every name is one that a label can have.
 */
function script(input: ClientFilesInput, images: readonly BootImage[]): string {
  const { host, client } = input;
  const { facts } = client;
  const [first, ...others] = images;
  if (first === undefined) {
    return ipxeScript([
      `# The client ${facts.name}.`,
      `echo The client ${facts.name} has no image yet: no release was promoted to a channel of it.`,
      'exit 0',
    ]);
  }
  return ipxeScript([
    `# The client ${facts.name}. Its account is in a file of its own.`,
    ...ownAddress(facts.address),
    ...(images.some(({ image }) => image.boot === 'san') ? otherCards(host) : []),
    ...choice(client, [first, ...others]),
    ...images.flatMap((each) => (each.image.blank === true ? bootInstalled(input, each) : boot(input, each))),
    ':failed',
    `echo ${facts.name} cannot boot now: ${host.http.url} is down or lacks its files`,
    'exit 0',
    ...(facts.prompts === true ? LEFT : []),
  ]);
}

function boot(input: ClientFilesInput, { image, generation }: BootImage): string[] {
  const { host, manifests, lun, client } = input;
  const { facts } = client;
  const url = (path: string) => uriWord(`${host.http.url}/${path}`);
  const { release = '' } = generation;
  const manifest = manifests.get(release);
  const next = manifest && bootArtifact(manifest, image.boot, 'ipxe-script');
  if (next === undefined) {
    const why = manifest === undefined ? 'is not on the host' : `offers no ${image.boot} boot`;
    return [`:image-${image.name}`, `echo The release ${release.slice(0, 12)} ${why}`, 'goto failed'];
  }
  const begin = [`:image-${image.name}`, `echo ${facts.name} boots ${image.name} ${generation.id}`];
  const script = url(`releases/${release}/${next}`);
  if (image.boot !== 'san') {
    return [
      ...begin,
      setSetting('client-initrd', url(archivePath(facts, { image, generation }))),
      setSetting('client-ip', kernelAddress(facts, manifest)),
      `set boot-tries ${TRIES}`,
      `chain --autofree ${script} || goto failed`,
      'exit 0',
    ];
  }
  const lunOf = { host, lun, target: generation.target };
  const uri = sanUris(lunOf).join(' ');
  // iPXE hands the name on in its iBFT; that of a direct boot stands in the archive.
  const settings = [setSetting('initiator-iqn', facts.initiator), setSetting('netX/hostname', facts.name)];
  return [
    ...begin,
    // The account of an iBFT; the initramfs of a direct boot has it in its archive.
    ...accountCommands(host, facts, { start: image.name, uri }),
    ...(bootsByPaths(input, { image, generation })
      ? [
          ...settings,
          `set boot-tries ${TRIES}`,
          `chain --autofree ${url(pathsPath(facts, { image, generation }))} || goto failed`,
        ]
      : chainByPath(lunOf, script, { settings, tries: TRIES })),
    'exit 0',
  ];
}

function bootsByPaths({ host, manifests }: ClientFilesInput, { image, generation }: BootImage): boolean {
  return (
    image.boot === 'san' && image.blank !== true && hasPaths(host, manifests.get(generation.release ?? ''))
  );
}

/** It names the generation, so that a script of before a change is never given what is of after it. */
function archivePath({ name }: ClientFacts, { image, generation }: BootImage): string {
  return `clients/${name}/${image.name}-${generation.id}.cpio`;
}

/** Of the script that boots by all paths. */
function pathsPath({ name }: ClientFacts, { image, generation }: BootImage): string {
  return `clients/${name}/${image.name}-${generation.id}.ipxe`;
}
