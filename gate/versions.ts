/** Versions of what took part in a proof. */

import type { Cell } from '../artifacts/platform/platform.js';
import type { Ports } from '../base/ports.js';
import { bootGateFiles, bootGateTools } from './request.js';

/** Versions by Debian's package; empty on a host without dpkg. SeaBIOS and the card's ROM come with their own packages. */
export async function toolVersions(cell: Cell, ports: Ports): Promise<Record<string, string>> {
  const needs = [...bootGateTools(cell), ...bootGateFiles(cell)].map((need) => need.package);
  const packages = [...new Set([...needs, 'seabios', 'ipxe-qemu'])].sort();
  const result = await ports
    .run(['dpkg-query', '--show', '--showformat=${Package} ${Version}\\n', ...packages], {
      doing: 'ask for the versions of the tools',
      quiet: true,
      okExitCodes: [0, 1],
    })
    .catch(() => undefined);
  const pairs = (result?.stdout ?? '').split('\n').map((line) => line.split(' '));
  return Object.fromEntries(
    pairs.flatMap(([name, version]) => (name && version ? [[name, version] as const] : [])),
  );
}
