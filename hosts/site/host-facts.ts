/** Target hosts from what is written: defaults filled in, and held against each other. */
import { resolve } from 'node:path';
import type { Argv } from '../../base/ports.js';
import { checkRoot, DEFAULT_ROOT } from './connect.js';
import { checkDhcp, dhcpFacts } from './dhcp-facts.js';
import type { CloneKind, HostFacts, Transport } from './facts.js';
import { checkUnique, type Findings } from './findings.js';
import type { WrittenHost } from './host-schema.js';
import type { SiteFile } from './schema.js';

/** Every release is proven by these before it reaches a client; the third shows that a wrong secret is refused. */
const GATE = ['bios-san', 'uefi-san', 'bios-san-wrong-secret'];
const DIRECT_GATE = ['bios-direct', 'uefi-direct'];

export function hostsOf({ hosts, clients }: SiteFile, folder: string, findings: Findings): HostFacts[] {
  const names = Object.keys(hosts);
  const direct = new Set(
    Object.values(clients)
      .filter(
        ({ boot, images }) => boot === 'direct' || images?.some((image) => image.boot === 'direct') === true,
      )
      .map(({ host }) => host ?? names[0]),
  );
  const all = Object.entries(hosts).map(([name, written]) => {
    checkDhcp(name, written, findings);
    checkSudo(name, written, findings);
    checkTarget(name, written, findings);
    checkAccounts(name, written, findings);
    return hostFacts(name, written, {
      root: rootOf(name, written, folder, findings),
      direct: direct.has(name),
    });
  });
  checkUnique(
    'The folder',
    all.map(({ name, transport, root }) => ({
      value: transport.kind === 'ssh' ? `${transport.destination}:${root}` : root,
      path: ['hosts', name, hosts[name]?.root === undefined ? 'connect' : 'root'],
      owner: `host \`${name}\``,
    })),
    'Give one of them a `root` of its own.',
    findings,
  );
  return all;
}

function hostFacts(
  name: string,
  written: WrittenHost,
  { root, direct }: { readonly root: string; readonly direct: boolean },
): HostFacts {
  const { address, target, clone, http, tftp, dhcp, gate } = written;
  const reload = argvOf(written.reload);
  const httpReload = argvOf(http.reload);
  return {
    name,
    transport: transportOf(written),
    root,
    address,
    target: { ...targetOf(target), prefix: target.prefix ?? `iqn.2026-01.net.lunsmith:${name}` },
    clone: cloneKind(clone),
    retention: written.retention,
    http: {
      url: http.url ?? `http://${address}`,
      ...(http.group === undefined ? {} : { group: http.group }),
      ...(http.accounts === 'own-address' ? { ownAddress: true } : {}),
      ...(httpReload === undefined ? {} : { reload: httpReload }),
    },
    ...(tftp?.group === undefined ? {} : { tftp: { group: tftp.group } }),
    dhcp: dhcpFacts(dhcp),
    ...(reload === undefined ? {} : { reload }),
    gate: gate ?? [...GATE, ...(direct ? DIRECT_GATE : [])],
  };
}

/** The locations of nginx.include are those of a server whose root shows the boot files. */
function checkAccounts(name: string, { http: { accounts, url } }: WrittenHost, findings: Findings): void {
  if (accounts !== 'own-address' || url === undefined || new URL(url).pathname === '/') return;
  findings.add(['hosts', name, 'http', 'url'], {
    what: 'Accounts are kept to addresses (`accounts: own-address`) where the boot files are the root of a server.',
    expected: 'a URL without a path',
    found: `\`${url}\``,
    hint: 'Give them a server, or a port, of their own.',
  });
}

function argvOf([tool, ...args]: readonly string[] = []): Argv | undefined {
  return tool === undefined ? undefined : [tool, ...args];
}

function targetOf({
  portal,
  portals,
  lun,
  kind,
  port,
}: WrittenHost['target']): Omit<HostFacts['target'], 'prefix'> {
  const all = portals ?? (portal === undefined ? undefined : [portal]);
  return {
    kind,
    port,
    ...(all === undefined ? {} : { portals: all }),
    ...(lun === undefined ? {} : { lun }),
  };
}

/** An array has a portal; what lunsmith changes itself is on the host. */
function checkTarget(name: string, { target }: WrittenHost, findings: Findings): void {
  const { kind, portal, portals, lun } = target;
  const path = ['hosts', name, 'target'];
  checkPortals(name, target, findings);
  if (kind === 'none') {
    if (portal !== undefined || portals !== undefined) return;
    findings.add(path, {
      what: `Where clients of host \`${name}\` find their LUNs is not said.`,
      expected: '`portal`: the IPv4 address of the storage array; or `portals`, if it has several',
    });
    return;
  }
  for (const [key, value] of Object.entries({ portal, lun })) {
    if (value === undefined) continue;
    findings.add([...path, key], {
      what: `\`${key}\` is for a storage array; ${kind} is on the host itself.`,
      hint: 'Leave it out, or say `kind: none`.',
    });
  }
}

function checkPortals(
  name: string,
  { portal, portals = [] }: WrittenHost['target'],
  findings: Findings,
): void {
  const path = ['hosts', name, 'target', 'portals'];
  if (portal !== undefined && portals.length > 0) {
    findings.add(path, {
      what: `Where the target of host \`${name}\` is reached is said twice.`,
      found: `\`portal\` too, at ${findings.placeText(['hosts', name, 'target', 'portal'])}`,
      hint: 'Keep `portals`, with all addresses.',
    });
  }
  for (const [index, address] of portals.entries()) {
    if (portals.indexOf(address) === index) continue;
    findings.add([...path, index], {
      what: `The portal ${address} of host \`${name}\` is named twice.`,
      hint: 'Name each address once: two sessions by one way are no help when it is lost.',
    });
  }
}

function transportOf({ connect, sudo }: WrittenHost): Transport {
  const transport = connect?.transport ?? { kind: 'directory' };
  return transport.kind === 'ssh' && sudo === true ? { ...transport, sudo } : transport;
}

function checkSudo(name: string, { connect, sudo, target }: WrittenHost, findings: Findings): void {
  if (sudo !== true) return;
  const path = ['hosts', name, 'sudo'];
  if (connect?.transport.kind !== 'ssh') {
    findings.add(path, {
      what: `\`sudo\` is for a host that ssh reaches; \`${name}\` is this machine.`,
      hint: 'Leave it out, and run lunsmith as the user that shall do it.',
    });
  } else if (target.kind === 'tgt') {
    findings.add(path, {
      what: `With the target tgt \`sudo\` does not do: sshd opens tgtd's socket as the user that logs in.`,
      expected: 'an account that may use that socket, as root',
      hint: `Connect as root: \`connect: ssh://root@…\`, without \`sudo\`.`,
    });
  }
}

/** The folder on the host; a path under `connect` is one here, relative to the site file. */
function rootOf(name: string, { connect, root }: WrittenHost, folder: string, findings: Findings): string {
  const path = ['hosts', name, 'connect'];
  if (connect?.folder === undefined) return root ?? DEFAULT_ROOT;
  if (root !== undefined) {
    findings.add(['hosts', name, 'root'], {
      what: `The folder of host \`${name}\` is given twice.`,
      found: `\`connect\` is a folder too, at ${findings.placeText(path)}`,
      hint: 'Keep one of them.',
    });
  }
  const result = checkRoot(resolve(folder, connect.folder));
  if ('value' in result) return result.value;
  findings.add(path, result.problem);
  return DEFAULT_ROOT;
}

function cloneKind(clone: WrittenHost['clone']): CloneKind {
  if (clone === 'file') return { kind: 'file' };
  if ('zfs' in clone) return { kind: 'zfs', dataset: clone.zfs };
  const [group = '', pool = ''] = clone.lvm.split('/');
  return { kind: 'lvm', group, pool };
}
