/**
 * What a USB stick holds that leads a machine without PXE to the LUN of its client. iPXE on it asks the HTTP server at each boot what the
 * client boots, as one that came by PXE does, so that it neither goes stale nor holds a secret. Where the iPXE for UEFI reads no script
 * from its medium, GRUB starts the kernel of one release, with the client's archive behind its initramfs. Called by what makes the stick.
 */
import { grubConfig } from '../../artifacts/formats/grub-config.js';
import { AUTOEXEC, runsAutoexec } from '../../artifacts/formats/ipxe-features.js';
import { serialPort } from '../../artifacts/formats/loader-config.js';
import { pxelinuxMacName, pxelinuxMenu } from '../../artifacts/formats/pxelinux.js';
import { PC, type PcFirmware } from '../../artifacts/platform/pc.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { bootArtifact, offersBoot } from '../../artifacts/release/roles.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { didYouMean } from '../../base/suggest.js';
import type { ClientState } from '../host/state.js';
import { startsOf } from '../site/blank.js';
import type { ClientImage, HostFacts } from '../site/facts.js';
import { kernelAddress } from './address.js';
import { type BootImage, bootImages } from './boot-image.js';
import { leadScript } from './entry.js';
import { checkNames } from './names.js';

/** Seconds that a menu waits. */
const SECONDS = 5;
/** Paths on the stick. */
const AT = {
  ipxe: 'ipxe.lkrn',
  script: 'boot.ipxe',
  menu: 'syslinux.cfg',
  kernel: 'vmlinuz',
  initramfs: 'initrd.img',
} as const;

/** How a firmware is led: `ipxe` asks the host at each boot, `kernel` is that of the release of this day. */
export type StickWay = 'ipxe' | 'kernel';

export interface StickInput {
  readonly host: HostFacts;
  readonly client: ClientState;
  /** What it shall start, by the name that menus have; absent: what its script says, and the first image where a kernel is on the stick. */
  readonly start?: string | undefined;
  readonly firmware: readonly PcFirmware[];
  /** The iPXE for UEFI, and how messages name it; absent where it shall start no UEFI. */
  readonly uefiProgram?: { readonly bytes: Uint8Array; readonly shown: string } | undefined;
}

/** A kernel of a release that is to be on the stick. */
export interface StickKernel {
  readonly each: BootImage;
  /** Digest. */
  readonly release: string;
  readonly manifest: Manifest;
  /** Paths in the release. */
  readonly kernel: string;
  readonly initramfs: string;
  readonly commandLine: string;
}

/** @throws Failure of kind `usage` for an image that the client has not */
export function stickImage({ facts }: ClientState, start: string | undefined): ClientImage {
  checkNames(facts);
  const [first] = facts.images;
  const found = start === undefined ? first : facts.images.find((image) => startsOf(image).includes(start));
  if (found !== undefined) return found;
  throw new Failure('usage', {
    what: `The client ${facts.name} has no image ${start}.`,
    ...didYouMean(start ?? '', facts.images.flatMap(startsOf)),
  });
}

export function stickWay({ uefiProgram }: StickInput, firmware: PcFirmware): StickWay {
  return firmware === 'uefi' && uefiProgram !== undefined && !runsAutoexec(uefiProgram.bytes)
    ? 'kernel'
    : 'ipxe';
}

/**
 * The kernel that a UEFI is to be started by.
 * @param manifests of the releases that are on the host, by digest
 * @throws Failure of kind `usage`, with what to do, where there is none, or where the secret may not be on the stick
 */
export function stickKernel(
  input: StickInput,
  manifests: ReadonlyMap<string, Manifest>,
  withSecret: boolean,
): StickKernel {
  const { client, uefiProgram } = input;
  const { facts } = client;
  const image = stickImage(client, input.start);
  const refuse = (why: Partial<Diagnostic>) =>
    new Failure('usage', {
      what: `No stick can lead a UEFI to ${image.name} of ${facts.name} like this.`,
      ...why,
      hint:
        `${uefiProgram?.shown} runs no ${AUTOEXEC} from its medium, so that the stick needs a kernel, and the secret with it. A newer one ` +
        '(that of Debian 13, by --uefi-ipxe FILE) needs neither. For a BIOS alone: --firmware bios',
    });
  if (image.blank === true) {
    throw refuse({
      expected: 'an image with a Linux of a release',
      found: 'a LUN on which a system installs itself',
    });
  }
  if (facts.prompts === true) {
    throw refuse({
      expected: 'a secret that may be on the stick',
      found: `\`secret: prompt:…\`: only who sits at the machine has it`,
    });
  }
  const each = bootImages(client).find((one) => one.image.name === image.name);
  if (each === undefined) {
    throw refuse({
      expected: 'a release that the client has a clone of',
      found: `no release was promoted to ${image.channel}`,
    });
  }
  const { release = '' } = each.generation;
  const manifest = manifests.get(release);
  const short = release.slice(0, 12);
  if (manifest === undefined) throw refuse({ expected: `the release ${short} on the host`, found: 'none' });
  const at = (role: 'kernel' | 'initramfs' | 'command-line') => bootArtifact(manifest, 'direct', role);
  const [kernel, initramfs, commandLine] = [at('kernel'), at('initramfs'), at('command-line')];
  const offered = offersBoot(manifest, { firmware: 'uefi', path: 'direct' });
  if (!offered || kernel === undefined || initramfs === undefined || commandLine === undefined) {
    throw refuse({
      expected: 'a release with a kernel for direct boot by UEFI',
      found: `${manifest.recipe.name}@${short}, which offers ${manifest.boot.map(({ method }) => method).join(', ') || 'nothing'}`,
    });
  }
  if (!withSecret) {
    throw refuse({
      expected: '`--with-secret`, if who has the stick may have the CHAP secret of the client',
      found: 'no such option',
    });
  }
  return { each, release, manifest, kernel, initramfs, commandLine };
}

/** Texts and programs of the iPXE way, by path. @param program of the BIOS */
export function ipxeStickFiles(
  input: StickInput,
  program: Uint8Array,
): ReadonlyMap<string, string | Uint8Array> {
  const { host, client, start, firmware, uefiProgram } = input;
  const { name } = client.facts;
  const script = leadScript(host.http.url, { image: start, script: `clients/${name}/boot.ipxe` });
  const files = new Map<string, string | Uint8Array>();
  if (firmware.includes('bios')) {
    files.set(AT.ipxe, program);
    files.set(AT.script, script);
    files.set(
      AT.menu,
      pxelinuxMenu({
        title: `Stick of ${name}: ${host.name} says what it boots`,
        entries: [
          {
            label: 'boot',
            text: start === undefined ? name : `${name} ${start}`,
            load: { kernel: AT.ipxe, initrd: AT.script },
          },
          { label: 'local', text: 'next boot device' },
        ],
        seconds: SECONDS,
      }),
    );
  }
  if (uefiProgram !== undefined && stickWay(input, 'uefi') === 'ipxe') {
    files.set(PC.architectures.amd64.efiBootFile, uefiProgram.bytes);
    files.set(AUTOEXEC, script);
  }
  return files;
}

/** Where the kernel way has its files, and the configuration of its GRUB. @param parameters of the kernel, as the release has them */
export function kernelStick(
  { facts }: ClientState,
  { each, manifest }: StickKernel,
  { parameters, volumeId }: { readonly parameters: string; readonly volumeId: string },
) {
  const { generation, image } = each;
  const mac = facts.mac === undefined ? [] : [`BOOTIF=${pxelinuxMacName(facts.mac)}`];
  const all = [...words(parameters), `ip=${kernelAddress(facts, manifest)}`, ...mac];
  const title = `${facts.name} ${image.name}, ${manifest.recipe.name}@${generation.release?.slice(0, 12)}, generation ${generation.id}`;
  return {
    title,
    grub: grubConfig({
      title,
      parameters: all,
      menuSeconds: SECONDS,
      boot: { kernel: `/${AT.kernel}`, initramfs: `/${AT.initramfs}` },
      uuid: volumeId,
      serial: serialPort(all),
    }),
    paths: { loader: PC.architectures.amd64.efiBootFile, kernel: AT.kernel, initramfs: AT.initramfs },
  };
}

/** Of a command line, whose quotes keep blanks together (Linux kernel/params.c, next_arg). */
function words(commandLine: string): string[] {
  return commandLine.trim().match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
}
