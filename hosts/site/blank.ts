/**
 * Images of a client that begin with nothing on them: what may stand beside `blank` and `installer`, and what hosts can make such LUNs.
 * Called where the site file becomes facts.
 */
import type { Path } from '../../base/yaml/node.js';
import type { WrittenClient } from './client-schema.js';
import type { ClientImage, HostFacts } from './facts.js';
import type { Findings } from './findings.js';
import { isArray } from './portal.js';

type WrittenImage = NonNullable<WrittenClient['images']>[number];

/** What the name of an installer ends with, after that of the image that it installs. */
const INSTALLER = '-installer';

export function installerOf(image: string): string {
  return `${image}${INSTALLER}`;
}

/** What a client can start of an image: itself, and of one that begins with nothing its installer, where it has one. */
export function startsOf(image: Pick<ClientImage, 'name' | 'blank' | 'channel'>): readonly string[] {
  return hasInstaller(image) ? [image.name, installerOf(image.name)] : [image.name];
}

export function hasInstaller({ blank, channel }: Pick<ClientImage, 'blank' | 'channel'>): boolean {
  return blank === true && channel !== undefined;
}

/** What the image is by its keys, of which some exclude others; undefined after a finding. */
export function kindOf(
  one: WrittenImage,
  path: Path,
  findings: Findings,
): { readonly channel: string } | { readonly blank: number; readonly installer?: string } | undefined {
  const { channel, blank, installer } = one;
  if (blank === undefined && installer === undefined) {
    if (channel !== undefined) return { channel };
    findings.add(path, { what: 'Missing key `channel`.', expected: '`channel`; or `blank`' });
    return undefined;
  }
  if (blank === undefined) {
    findings.add(path, {
      what: 'Missing key `blank`.',
      expected: '`blank`: the size of the LUN on which the installer puts its system',
    });
    return undefined;
  }
  const others = (['channel', 'size', 'boot', 'target'] as const).filter(
    (key) => one[key] !== undefined && !(key === 'boot' && one.boot === 'san'),
  );
  for (const key of others) {
    findings.add([...path, key], {
      what: `An image with \`blank\` has no \`${key}\`.`,
      hint: 'Leave it out: the LUN is as large as `blank` says, and the firmware boots it.',
    });
  }
  return others.length === 0 ? { blank, ...(installer === undefined ? {} : { installer }) } : undefined;
}

/** The administrator of an array fills LUNs with images, and has one for each target. @param at where an image of the client stands */
export function checkBlanks(
  images: readonly ClientImage[],
  host: HostFacts,
  at: (image: string) => Path,
  findings: Findings,
): void {
  if (!isArray(host)) return;
  for (const { name } of images.filter(({ blank }) => blank === true)) {
    findings.add([...at(name), 'blank'], {
      what: 'A storage array has no LUN with nothing on it that lunsmith could make.',
      expected: 'a host whose target is its own',
      found: '`target: { kind: none }`',
    });
  }
}
