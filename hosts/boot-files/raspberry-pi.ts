/**
 * The folders in which Raspberry Pis look for their files: one for each client, under its serial number, its MAC address or both.
 * All but its command line and its archive are the release's own files.
 *
 * ```
 * http/pi/bootcode.bin                 -> the release's: what the boot ROM of a Pi 3 asks for
 * http/pi/<folder>/<file>              -> the release's firmware, device trees, kernel, initramfs, config.txt
 * http/pi/<folder>/cmdline.txt         the release's kernel command line, with the client's own address
 * http/pi/<folder>/client.cpio         settings for its initramfs, with the account (secret)
 * tftp/{bootcode.bin,<folder>}         -> ../http/pi/{bootcode.bin,<folder>}
 * ```
 */
import { posix } from 'node:path';
import { macPrefix, serialPrefix } from '../../artifacts/platform/raspberry-pi/models.js';
import { RASPBERRY_PI } from '../../artifacts/platform/raspberry-pi.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { artifactsOf } from '../../artifacts/release/roles.js';
import { Failure } from '../../base/failure.js';
import type { ClientState, Generation, HostState } from '../host/state.js';
import { type ClientFacts, isRaspberryPi } from '../site/facts.js';
import { kernelAddress } from './address.js';
import type { BootFile, BootFilesInput, ClientAccount } from './boot-file.js';
import { bootImages } from './boot-image.js';
import { clientArchive } from './client-archive.js';
import { checkNames } from './names.js';

/** Below the HTTP server's folder, which is switched with the state. */
export const PI_FOLDER = 'pi';
/** From `<root>/states/<serial>/http/pi/` to `<root>`. */
const TO_ROOT = '../../../..';
const { folder, files, clientArchive: ARCHIVE, bootcode } = RASPBERRY_PI;

export function piClients({ clients }: HostState): ClientState[] {
  return Object.values(clients).filter(({ facts }) => isRaspberryPi(facts));
}

/** Names of the folders in which it looks. */
export function piFolders({ serial, mac }: ClientFacts): string[] {
  return [
    ...(serial === undefined ? [] : [serialPrefix(serial)]),
    ...(mac === undefined ? [] : [macPrefix(mac)]),
  ];
}

/**
 * What lies below `http/`. A client without a release yet has an empty folder's worth of nothing.
 * @throws Failure of kind `usage` for two clients with the same folder
 */
export function piFiles(input: BootFilesInput, accountOf: (client: string) => ClientAccount): BootFile[] {
  const clients = piClients(input.state);
  checkFolders(clients);
  const booting = clients.flatMap((client) => {
    const [image] = bootImages(client);
    const manifest = image === undefined ? undefined : input.manifests.get(image.generation.release ?? '');
    return image === undefined || manifest === undefined ? [] : [{ client, manifest, ...image }];
  });
  const root = booting
    .flatMap(({ manifest, generation }) => firmwareOf(manifest, generation))
    .find(({ name }) => name === bootcode);
  return [
    ...(root === undefined
      ? []
      : [
          { path: `${PI_FOLDER}/${bootcode}`, content: { link: `${TO_ROOT}/${root.target}` }, secret: false },
        ]),
    ...booting.flatMap(({ client, manifest, generation }) => {
      const { facts } = client;
      checkNames(facts);
      const account = accountOf(facts.name);
      return piFolders(facts).flatMap((name) => [
        ...firmwareOf(manifest, generation)
          .filter((each) => each.name !== files.commandLine)
          .map((each) => ({
            path: `${PI_FOLDER}/${name}/${each.name}`,
            content: { link: `${'../'.repeat(each.name.split('/').length)}${TO_ROOT}/${each.target}` },
            secret: false,
          })),
        {
          path: `${PI_FOLDER}/${name}/${files.commandLine}`,
          content: { text: `${commandLine(manifest, facts)}\n` },
          secret: false,
        },
        {
          path: `${PI_FOLDER}/${name}/${ARCHIVE}`,
          content: { bytes: clientArchive(input.host, client, generation, { account, manifest }) },
          secret: true,
          tftp: true,
        },
      ]);
    }),
  ];
}

/** Links of the TFTP server's root; they are the same for every release. */
export function piLinks(state: HostState): BootFile[] {
  const clients = piClients(state);
  const names = clients.flatMap(({ facts }) => piFolders(facts));
  return [...(clients.length === 0 ? [] : [bootcode]), ...names].map((name) => ({
    path: name,
    content: { link: `../http/${PI_FOLDER}/${name}` },
    secret: false,
  }));
}

/** What the release has for the folder of a client, by its name there. */
function firmwareOf(
  manifest: Manifest,
  { release = '' }: Pick<Generation, 'release'>,
): { name: string; target: string }[] {
  const base = `${folder.inRelease}/`;
  return artifactsOf(manifest, 'firmware', 'device-tree', 'kernel', 'initramfs', 'command-line').flatMap(
    ({ path }) =>
      path.startsWith(base)
        ? [{ name: path.slice(base.length), target: posix.join('releases', release, path) }]
        : [],
  );
}

/** That of the release, but for an address of the client's own. */
function commandLine({ kernel }: Manifest, facts: ClientFacts): string {
  const line = kernel?.commandLine ?? '';
  if (facts.address === undefined) return line;
  const others = line.split(' ').filter((parameter) => !parameter.startsWith('ip='));
  return [...others, `ip=${kernelAddress(facts)}`].join(' ');
}

function checkFolders(clients: readonly ClientState[]): void {
  const owners = new Map<string, string>();
  for (const { facts } of clients) {
    for (const name of piFolders(facts)) {
      const owner = owners.get(name);
      if (owner !== undefined && owner !== facts.name) {
        throw new Failure('usage', {
          what: `Two Raspberry Pis would look into the folder ${name}.`,
          expected: 'serial numbers that differ in their last 8 digits, and MAC addresses that differ',
          found: `${owner} and ${facts.name}`,
        });
      }
      owners.set(name, facts.name);
    }
  }
}
