/** Clients from what is written: defaults filled in, and held against hosts, channels and each other. */

import { didYouMean, oneOf } from '../../base/suggest.js';
import type { Path } from '../../base/yaml/node.js';
import { ACCOUNT_RULES } from '../target/accounts.js';
import { checkBlanks, kindOf, startsOf } from './blank.js';
import { staticAddress } from './client-address.js';
import { checkFiles, filesOf } from './client-files.js';
import type { WrittenClient } from './client-schema.js';
import { surroundingsOf } from './dhcp-facts.js';
import type { ClientFacts, ClientImage, HostFacts } from './facts.js';
import { checkUnique, type Findings } from './findings.js';
import { isArray } from './portal.js';
import type { SiteFile } from './schema.js';
import { checkShared } from './shared-by-clients.js';

/** The name of the image of a client that has but one. */
export const ONLY_IMAGE = 'main';
export const MENU_SECONDS = 5;

export function clientsOf(file: SiteFile, hosts: readonly HostFacts[], findings: Findings): ClientFacts[] {
  checkFiles(file.files, ['files'], findings);
  const all = Object.entries(file.clients).flatMap(([name, written]) => {
    const host = hostOf(name, written, hosts, findings);
    checkIdentity(name, written, findings);
    if (host !== undefined) checkAccount(name, written, host, findings);
    const images = imagesOf(name, written, file.channels, findings);
    if (host !== undefined) {
      checkTargets(name, images, host, findings);
      const at = (image: string) => [
        ...['clients', name, 'images'],
        (written.images ?? []).findIndex((each) => each.name === image),
      ];
      checkBlanks(images, host, at, findings);
    }
    checkRaspberryPi(name, written, images, findings);
    checkPrompt(name, written, images, findings);
    const files = filesOf(name, { all: file.files, files: written.files }, images, findings);
    const dhcp = host === undefined ? undefined : file.hosts[host.name]?.dhcp;
    const around = dhcp === undefined ? {} : surroundingsOf(dhcp);
    const address = staticAddress(name, written, host, around, findings);
    if (host !== undefined) checkOwnAddress(name, written, { host, images }, findings);
    const [first, ...rest] = images;
    if (host === undefined || first === undefined) return [];
    const facts: ClientFacts = {
      name,
      host: host.name,
      ...(written.mac === undefined ? {} : { mac: written.mac }),
      ...(written.serial === undefined ? {} : { serial: written.serial }),
      ...(written.uuid === undefined ? {} : { uuid: written.uuid }),
      initiator: written.initiator ?? `${host.target.prefix}:client.${name}`,
      account: written.account ?? name,
      secret: written.secret.reference,
      ...(written.secret.prompts ? { prompts: true } : {}),
      ...(address === undefined ? {} : { address }),
      images: [first, ...rest],
      menuSeconds: written['menu-seconds'] ?? MENU_SECONDS,
      follows: written.follows,
      ...(files.length === 0 ? {} : { files }),
    };
    return [facts];
  });
  checkShared(all, findings);
  return all;
}

function hostOf(
  name: string,
  { host }: WrittenClient,
  hosts: readonly HostFacts[],
  findings: Findings,
): HostFacts | undefined {
  const names = hosts.map((one) => one.name);
  const path = ['clients', name];
  if (host === undefined) {
    if (hosts.length === 1) return hosts[0];
    findings.add(path, { what: 'Missing key `host`.', expected: `\`host\`: ${oneOf(names)}` });
    return undefined;
  }
  const found = hosts.find((one) => one.name === host);
  if (found === undefined) {
    findings.add([...path, 'host'], {
      what: `There is no host \`${host}\`.`,
      expected: oneOf(names),
      ...didYouMean(host, names),
    });
  }
  return found;
}

function checkIdentity(name: string, { mac, serial, uuid }: WrittenClient, findings: Findings): void {
  if ((mac ?? serial ?? uuid) !== undefined) return;
  findings.add(['clients', name], {
    what: `Nothing tells client \`${name}\` from other machines.`,
    expected: '`mac`, `serial` or `uuid`',
  });
}

/** Its name when no account is written: every target takes that. */
function checkAccount(
  name: string,
  { account }: WrittenClient,
  { target }: HostFacts,
  findings: Findings,
): void {
  const { by, user } = ACCOUNT_RULES[target.kind];
  if (account === undefined || user.pattern.test(account)) return;
  findings.add(['clients', name, 'account'], {
    what: `${by} cannot take this CHAP user.`,
    expected: user.expected,
    found: `\`${account}\``,
  });
}

/** A host that answers accounts to addresses of the clients has to know them; a Raspberry Pi loads nothing by HTTP. */
function checkOwnAddress(
  name: string,
  { address, secret }: WrittenClient,
  { host, images }: { readonly host: HostFacts; readonly images: readonly ClientImage[] },
  findings: Findings,
): void {
  if (host.http.ownAddress !== true || address !== undefined || secret.prompts) return;
  if (images.every(({ boot }) => boot === 'tftp')) return;
  findings.add(['clients', name], {
    what: `Host \`${host.name}\` would answer nobody with the account of client \`${name}\`.`,
    expected:
      '`address`: the host answers each account to the address of its client alone (`http: accounts: own-address`)',
    hint: 'Give it an address of its own, or have its secret asked for: `secret: prompt:…`.',
  });
}

/** The names of targets that lunsmith makes are its own. */
function checkTargets(
  name: string,
  images: readonly ClientImage[],
  host: HostFacts,
  findings: Findings,
): void {
  if (isArray(host) || images.every((image) => image.target === undefined)) return;
  findings.add(['clients', name], {
    what: `Client \`${name}\` has a \`target\`, and its host makes the names of its targets itself.`,
    hint: 'Leave it out: only a storage array (`target: { kind: none }`) has names of its own.',
  });
}

/** Where the initramfs logs in without an iBFT, it does so by an archive that holds the secret. */
function checkPrompt(
  name: string,
  { secret }: WrittenClient,
  images: readonly ClientImage[],
  findings: Findings,
): void {
  const other = images.find(({ boot }) => boot !== 'san');
  if (!secret.prompts || other === undefined) return;
  findings.add(['clients', name, 'secret'], {
    what: `Nobody can be asked for the secret of \`${name}\`: its initramfs takes it from a file.`,
    expected: '`boot: san` for all its images, or a secret without `prompt:`',
    found: `\`boot: ${other.boot}\``,
  });
}

/** Hex digits, as /proc/cpuinfo and the label of the board have them. */
const PI_SERIAL = /^(?:0x)?[0-9a-f]{8,16}$/i;

/** A Raspberry Pi asks for a folder by its serial number or its MAC address, and shows no menu. */
function checkRaspberryPi(
  name: string,
  { mac, serial }: WrittenClient,
  images: readonly ClientImage[],
  findings: Findings,
): void {
  const path = ['clients', name];
  if (!images.some(({ boot }) => boot === 'tftp')) return;
  if (images.length > 1) {
    findings.add([...path, 'images'], {
      what: `Client \`${name}\` cannot choose between images: a Raspberry Pi boots what lies in its folder.`,
      expected: 'one image with `boot: tftp`',
    });
  }
  if ((mac ?? serial) === undefined) {
    findings.add(path, {
      what: `No Raspberry Pi can be told to be client \`${name}\`.`,
      expected: '`serial`, or `mac` where its EEPROM is set to `TFTP_PREFIX=2`',
    });
  }
  if (serial !== undefined && !PI_SERIAL.test(serial)) {
    findings.add([...path, 'serial'], {
      what: 'This is no serial number of a Raspberry Pi.',
      expected: '8 to 16 hex digits, as `grep Serial /proc/cpuinfo` says on it',
      found: serial,
    });
  }
}

function imagesOf(
  name: string,
  written: WrittenClient,
  channels: readonly string[],
  findings: Findings,
): ClientImage[] {
  const path = ['clients', name];
  const image = (
    { size, channel, boot, target }: Pick<WrittenClient, 'size' | 'boot' | 'target'> & { channel: string },
    own: string,
    at: Path,
    key: 'channel' | 'installer' = 'channel',
  ): ClientImage => {
    if (!channels.includes(channel)) {
      findings.add([...at, key], {
        what: `There is no channel \`${channel}\`.`,
        expected: oneOf(channels),
        ...didYouMean(channel, channels),
      });
    }
    return {
      name: own,
      channel,
      ...(size === undefined ? {} : { bytes: size }),
      boot: boot ?? 'san',
      ...(target === undefined ? {} : { target }),
    };
  };
  const { images, channel } = written;
  if (images === undefined) {
    if (channel !== undefined) return [image({ ...written, channel }, ONLY_IMAGE, path)];
    findings.add(path, {
      what: 'Missing key `channel`.',
      expected: `\`channel\`: ${oneOf(channels)}; or \`images\``,
    });
    return [];
  }
  for (const key of ['channel', 'size', 'boot', 'target'] as const) {
    if (written[key] === undefined) continue;
    findings.add([...path, key], {
      what: `Client \`${name}\` has \`images\`, each with a \`${key}\` of its own.`,
      hint: 'Move it into `images`, or leave `images` out.',
    });
  }
  const at = (index: number) => [...path, 'images', index];
  checkUnique(
    'The name',
    images.flatMap((one, index) =>
      startsOf({
        name: one.name,
        ...(one.blank === undefined ? {} : { blank: true }),
        ...(one.installer === undefined ? {} : { channel: one.installer }),
      }).map((value) => ({
        value,
        path: [...at(index), 'name'],
        owner: `${value === one.name ? '' : 'the installer of '}image ${index + 1} of client \`${name}\``,
      })),
    ),
    'Rename one of them.',
    findings,
  );
  return images.flatMap((one, index): ClientImage[] => {
    const kind = kindOf(one, at(index), findings);
    if (kind === undefined) return [];
    const { channel: _, ...rest } = one;
    if ('channel' in kind) return [image({ ...rest, ...kind }, one.name, at(index))];
    const { blank: bytes, installer } = kind;
    if (installer === undefined) return [{ name: one.name, boot: 'san', bytes, blank: true }];
    return [{ ...image({ channel: installer }, one.name, at(index), 'installer'), bytes, blank: true }];
  });
}
