/**
 * What a site wants of the boot programs that its machines are handed, held against what these can do: a script that asks an iPXE for
 * what it was built without fails on every machine, again and again.
 */
import { basename } from 'node:path';
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { type IpxeFeature, ipxeFeatures } from '../../artifacts/formats/ipxe-features.js';
import { PC } from '../../artifacts/platform/pc.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import { startsOf } from '../site/blank.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { isName } from '../site/values.js';

export interface Need {
  readonly feature: IpxeFeature;
  /** What asks for it, as the site says it. */
  readonly because: string;
  readonly hint: string;
}

/** All but HTTP, TFTP and iSCSI, without which no boot gate is passed. */
export function needsOf({ name, http }: HostFacts, clients: readonly ClientFacts[]): readonly Need[] {
  const url = new URL(http.url);
  const starts = ({ images }: ClientFacts) => images.flatMap(startsOf).length;
  const menus = clients.filter((client) => starts(client) > 1 && client.menuSeconds > 0);
  return [
    ...(url.protocol === 'https:'
      ? [
          {
            feature: 'HTTPS',
            because: `\`http.url\` of ${name} is ${http.url}`,
            hint: `Serve these files by http:// and keep that network to the clients, or install an iPXE that was built with it.`,
          } as const,
        ]
      : []),
    ...(isName(url.hostname)
      ? [
          {
            feature: 'DNS',
            because: `\`http.url\` of ${name} has the name ${url.hostname}`,
            hint: 'Give the address of the host instead.',
          } as const,
        ]
      : []),
    ...menus.map(
      (client) =>
        ({
          feature: 'Menu',
          because: `${client.name} has ${starts(client)} images and a menu`,
          hint: `Give ${client.name} \`menu-seconds: 0\`, or one image.`,
        }) as const,
    ),
  ];
}

const PROGRAMS = [
  PC.firmware.bios.program,
  PC.firmware.uefi.program,
  PC.pxelinuxProgram,
  PC.uefiStickProgram,
].map(({ path }) => basename(path));

/** What the programs lack, one diagnostic for each need. One that cannot be read is taken to lack nothing. */
export function lackingIn(
  host: HostFacts,
  clients: readonly ClientFacts[],
  { files, version }: Pick<BootBinaries, 'files' | 'version'>,
): Diagnostic[] {
  const needs = needsOf(host, clients);
  if (needs.length === 0) return [];
  const programs = files
    .filter(({ name }) => PROGRAMS.includes(name))
    .map(({ name, bytes }) => ({ name, has: ipxeFeatures(bytes) }));
  return needs.flatMap(({ feature, because, hint }) => {
    const lacking = programs.filter(({ has }) => has?.has(feature) === false);
    const [first] = lacking;
    if (first === undefined) return [];
    return [
      {
        what: `The iPXE of ${host.name} was built without ${feature}: ${because}.`,
        expected: `${feature} among the features of ${lacking.map(({ name }) => name).join(', ')}`,
        found: `${[...(first.has ?? [])].join(', ')} in the package ipxe ${version}`,
        hint,
      },
    ];
  });
}

/** @throws Failure of kind `usage` when machines would be handed what their iPXE cannot do */
export function checkPrograms(...what: Parameters<typeof lackingIn>): void {
  const [first, ...others] = lackingIn(...what);
  if (first !== undefined) throw new Failure('usage', [first, ...others]);
}
