/** What one client is handed: its script, its account, and archives for its initramfs. */

import { ipxeScript, sanUri, setSetting, uriWord } from '../../artifacts/formats/ipxe.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { bootArtifact } from '../../artifacts/release/roles.js';
import type { ClientState } from '../host/state.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { portalOf } from '../site/portal.js';
import { accountCommands, accountFiles, LEFT } from './account.js';
import { kernelAddress, ownAddress } from './address.js';
import type { BootFile, ClientAccount } from './boot-file.js';
import { type BootImage, bootImages } from './boot-image.js';
import { choice } from './choice.js';
import { clientArchive } from './client-archive.js';
import { bootInstalled } from './installed.js';
import { checkNames } from './names.js';

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
  const { host, client, account } = input;
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
        path: cpioPath(facts, each),
        content: { bytes: clientArchive(host, client, each.generation, account) },
        secret: true,
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
  const manifest = manifests.get(generation.release);
  const next = manifest && bootArtifact(manifest, image.boot, 'ipxe-script');
  const portal = portalOf(host);
  if (next === undefined) {
    const why = manifest === undefined ? 'is not on the host' : `offers no ${image.boot} boot`;
    return [
      `:image-${image.name}`,
      `echo The release ${generation.release.slice(0, 12)} ${why}`,
      'goto failed',
    ];
  }
  const uri = sanUri({ server: portal.address, port: portal.port, lun, target: generation.target });
  const settings =
    image.boot === 'san'
      ? { 'san-uri': uri, 'initiator-iqn': facts.initiator }
      : {
          'client-initrd': url(cpioPath(facts, { image, generation })),
          'client-ip': kernelAddress(facts),
        };
  return [
    `:image-${image.name}`,
    `echo ${facts.name} boots ${image.name} ${generation.id}`,
    // The account of an iBFT; the initramfs of a direct boot has it in its archive.
    ...(image.boot === 'san' ? accountCommands(host, facts, { start: image.name, uri }) : []),
    ...Object.entries(settings).map(([name, value]) => setSetting(name, value)),
    `set boot-tries ${TRIES}`,
    `chain --autofree ${url(`releases/${generation.release}/${next}`)} || goto failed`,
    'exit 0',
  ];
}

/** It names the generation, so that a script of before a change is never given an archive of after it. */
function cpioPath({ name }: ClientFacts, { image, generation }: BootImage): string {
  return `clients/${name}/${image.name}-${generation.id}.cpio`;
}
