/** What the TFTP server shows besides the boot programs: a script that leads to the HTTP server, and menus for PXELINUX. */
import { posix } from 'node:path';
import { pxelinuxAddressName, pxelinuxMacName, pxelinuxMenu } from '../../artifacts/formats/pxelinux.js';
import { PC } from '../../artifacts/platform/pc.js';
import type { HostState } from '../host/state.js';
import { startsOf } from '../site/blank.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { ipv4 } from './address.js';
import type { BootFile } from './boot-file.js';
import { leadScript } from './entry.js';
import { checkNames } from './names.js';

/** Path below the TFTP root of what every iPXE is handed. */
export const IPXE_SCRIPT = 'boot.ipxe';
const KERNEL = posix.basename(PC.pxelinuxProgram.path);
/** Seconds that a menu with nothing but one way to go on waits. */
const SECONDS = 5;
const LOCAL = { label: 'local', text: 'next boot device' } as const;

export function menuFiles(host: HostFacts, { clients }: HostState): BootFile[] {
  const { url } = host.http;
  const file = (path: string, text: string) => ({ path, content: { text }, secret: false }) as const;
  return [
    file(IPXE_SCRIPT, leadScript(url)),
    file(
      'pxelinux.cfg/default',
      pxelinuxMenu({
        title: `Network boot of ${host.name}`,
        entries: [
          { label: 'boot', text: 'as its client', load: { kernel: KERNEL, initrd: IPXE_SCRIPT } },
          LOCAL,
        ],
        seconds: SECONDS,
      }),
    ),
    ...Object.values(clients).flatMap(({ facts }) => {
      checkNames(facts);
      const menu = clientMenu(facts);
      const names = [
        ...(facts.mac === undefined ? [] : [pxelinuxMacName(facts.mac)]),
        ...(facts.address === undefined ? [] : [pxelinuxAddressName(ipv4(facts.address.address))]),
      ];
      return [
        ...imageScripts(facts).map(({ path, image }) => file(path, leadScript(url, { image }))),
        ...names.map((name) => file(`pxelinux.cfg/${name}`, menu)),
      ];
    }),
  ];
}

/** One thing to start needs no choice. */
function imageScripts({ name, images }: ClientFacts): { readonly path: string; readonly image: string }[] {
  const starts = images.flatMap(startsOf);
  if (starts.length === 1) return [];
  return starts.map((image) => ({ path: `clients/${name}/${image}.ipxe`, image }));
}

/** The first entry leaves the choice to the client's script, which knows what is to be booted next. */
function clientMenu(facts: ClientFacts): string {
  const load = (initrd: string) => ({ kernel: KERNEL, initrd });
  return pxelinuxMenu({
    title: `Network boot of ${facts.name}`,
    entries: [
      { label: 'boot', text: facts.name, load: load(IPXE_SCRIPT) },
      ...imageScripts(facts).map(({ path, image }) => ({
        label: `image-${image}`,
        text: image,
        load: load(path),
      })),
      LOCAL,
    ],
    seconds: SECONDS,
  });
}
