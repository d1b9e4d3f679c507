/**
 * What a tree has that would take the boot NIC from the initramfs. systemd-networkd gives a device to the first file that matches it,
 * in the order of their names whatever their folder is (systemd.network(5)); netplan writes such files when the system starts.
 */
import { parse } from 'yaml';
import { z } from 'zod';
import type { RootTree } from '../rootfs/tree.js';

export interface Claim {
  /** Path in the image of the file that the user knows. */
  readonly path: string;
  /** Name by which it is ordered. */
  readonly name: string;
}

/** The first one of a name hides the others. */
const FOLDERS = ['/etc/systemd/network', '/usr/local/lib/systemd/network', '/usr/lib/systemd/network'];
/** Conditions of `[Match]` that are judged here; a file with others is for some machines only, and is left to its author. */
const JUDGED = new Set(['Name', 'Type', 'Kind']);

/** @param nic name of the boot NIC, if all clients share one. Without it a file that names a device is not meant for it */
export async function claimsOf(tree: RootTree, nic: string | undefined): Promise<Claim[]> {
  const claims = [...(await networkdClaims(tree, nic)), ...(await netplanClaims(tree, nic))];
  return claims.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function networkdClaims(tree: RootTree, nic: string | undefined): Promise<Claim[]> {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of await tree.names(folder))
      if (name.endsWith('.network') && !files.has(name)) files.set(name, `${folder}/${name}`);
  }
  const claims: Claim[] = [];
  for (const [name, path] of files)
    if (takes((await tree.read(path)) ?? '', nic)) claims.push({ path, name });
  return claims;
}

/** Whether a systemd.network(5) file is for the boot NIC, and would not keep what is configured already. */
export function takes(text: string, nic: string | undefined): boolean {
  const entries = sectionEntries(text);
  const values = (section: string, key: string) =>
    entries.filter((each) => each.section === section && each.key === key).map(({ value }) => value);
  const isSet = (section: string, key: string) => YES.has(values(section, key).at(-1) ?? '');
  const kept = isSet('Network', 'KeepConfiguration');
  const unmanaged = isSet('Link', 'Unmanaged');
  if (kept || unmanaged || !entries.some(({ section }) => section === 'Match')) return false;
  const conditions = entries.filter(({ section }) => section === 'Match');
  if (conditions.some(({ key }) => !JUDGED.has(key))) return false;
  const words = (key: string) => values('Match', key).flatMap((value) => value.split(/\s+/).filter(Boolean));
  const [types, kinds, names] = [words('Type'), words('Kind'), words('Name')];
  if (types.length > 0 && !matches(types, 'ether')) return false;
  // A physical card has no kind.
  if (kinds.some((kind) => !kind.startsWith('!'))) return false;
  if (names.length === 0) return true;
  if (nic !== undefined) return matches(names, nic);
  return (
    names.some((name) => /[*?[]/.test(name) && /^[e*?[]/.test(name)) ||
    names.every((name) => name.startsWith('!'))
  );
}

const YES = new Set(['yes', 'true', '1', 'on']);

interface Entry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** systemd.syntax(7), without continued lines, which no value of these has. */
function sectionEntries(text: string): Entry[] {
  let section = '';
  const entries: Entry[] = [];
  for (const line of text.split('\n').map((each) => each.trim())) {
    const [, head] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, key, value = ''] = /^([^#;=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
    if (head !== undefined) section = head;
    else if (key !== undefined) entries.push({ section, key, value });
  }
  return entries;
}

/** Globs of glob(7), of which one that begins with `!` turns the whole list round. */
function matches(globs: readonly string[], name: string): boolean {
  const inverted = globs[0]?.startsWith('!') === true;
  const found = globs.some((glob) => globRegExp(glob.replace(/^!/, '')).test(name));
  return found !== inverted;
}

/** A bracket that none closes is a character as any other. */
function globRegExp(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)([a-z0-9]+)\]|[^a-z0-9]/gi, (part, not: string, list?: string) => {
    if (list !== undefined) return `[${not === '!' ? '^' : ''}${list}]`;
    if (part === '*') return '.*';
    return part === '?' ? '.' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

const netplanSchema = z.object({
  network: z.object({
    renderer: z.string().optional(),
    ethernets: z
      .record(
        z.string(),
        z.object({
          renderer: z.string().optional(),
          critical: z.boolean().optional(),
          match: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .default({}),
  }),
});

async function netplanClaims(tree: RootTree, nic: string | undefined): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (const name of await tree.names('/etc/netplan')) {
    const path = `/etc/netplan/${name}`;
    const found = name.endsWith('.yaml')
      ? netplanSchema.safeParse(yamlOf((await tree.read(path)) ?? ''))
      : undefined;
    if (found?.success !== true) continue;
    const { renderer = 'networkd', ethernets } = found.data.network;
    for (const [id, device] of Object.entries(ethernets)) {
      const { match = {}, critical = false } = device;
      const by = Object.keys(match);
      if (critical || (device.renderer ?? renderer) !== 'networkd' || by.some((key) => key !== 'name'))
        continue;
      const wanted = by.length === 0 ? id : [match['name']].flat().join(' ');
      if (takes(`[Match]\nName=${wanted}\n`, nic)) claims.push({ path, name: `10-netplan-${id}.network` });
    }
  }
  return claims;
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    // netplan tells its user.
    return undefined;
  }
}
