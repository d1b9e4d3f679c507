/** A site file that is right; tests change parts of it. */

import { renderDiagnostics } from '../../../base/diagnostic.js';
import { Failure } from '../../../base/failure.js';
import type { Site } from '../../../hosts/site/facts.js';
import { parseSite } from '../../../hosts/site/load.js';

export const RIGHT = `hosts:
  san1:
    connect: ssh://root@san1.example.org
    address: 192.0.2.10
    dhcp: { interface: eth0, network: 192.0.2.0/24 }
channels: [edge, stable]
clients:
  web1:
    mac: 52:54:00:12:34:56
    channel: stable
    secret: env:WEB1_CHAP
  web2:
    serial: CZC123
    channel: edge
    secret: file:secrets/web2
`;

export function siteOf(text: string): Site {
  return parseSite({ file: 'lunsmith.yaml', folder: '/site', text });
}

/** The whole text of what is wrong; empty when nothing is. */
export function problemsOf(text: string): string {
  try {
    siteOf(text);
    return '';
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'usage') throw error;
    return renderDiagnostics(error.diagnostics);
  }
}

/** The right site with one text in it replaced. */
export function changed(from: string, to: string, text = RIGHT): string {
  if (!text.includes(from)) throw new Error(`not in the site: ${from}`);
  return text.replace(from, () => to);
}

/** The text for a value in the host, after its address. */
export const ofHost = (line: string) => problemsOf(changed('    dhcp:', `    ${line}\n    dhcp:`));
/** The text for a `dhcp` of the host. */
export const ofDhcp = (dhcp: string) =>
  problemsOf(changed('{ interface: eth0, network: 192.0.2.0/24 }', dhcp));
/** The text for a value in the client `web2`, after its serial number. */
export const ofClient = (line: string) => problemsOf(changed('channel: edge', `channel: edge\n    ${line}`));
