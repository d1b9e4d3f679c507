/** Which program's list of machines a file is, and what it says. */
import { parseAnsible } from './ansible.js';
import { isTable, parseCsv } from './csv.js';
import { parseDnsmasq } from './dnsmasq.js';
import { parseIsc } from './isc.js';
import type { Machine } from './machine.js';

export const LIST_FORMATS = ['csv', 'dnsmasq', 'isc', 'ansible'] as const;
export type ListFormat = (typeof LIST_FORMATS)[number];

const PARSERS: Readonly<Record<ListFormat, (text: string, file: string) => Machine[]>> = {
  csv: parseCsv,
  dnsmasq: parseDnsmasq,
  isc: parseIsc,
  ansible: parseAnsible,
};

/** Told by the content: names of files say little of it. */
export function formatOf(text: string): ListFormat {
  if (/^\s*\{/.test(text)) return 'ansible';
  if (isTable(text)) return 'csv';
  if (/^\s*(?:host|lease|group|subnet|shared-network)\b[^,;\n]*\{/m.test(text)) return 'isc';
  const dnsmasq = /^(?:(?:--)?dhcp-host\s*=|(?:[0-9A-Fa-f]{2}:){5}|\d+ (?:[0-9A-Fa-f]{2}:){5})/m;
  return dnsmasq.test(text) ? 'dnsmasq' : 'csv';
}

export function parseMachines(text: string, format: ListFormat, file: string): Machine[] {
  return PARSERS[format](text, file);
}
