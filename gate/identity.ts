/** Who the client of one cell is. Its secrets are made for one run and are worth nothing after it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Cell } from '../artifacts/platform/platform.js';
import { cellName } from '../artifacts/platform/platform.js';

export interface GateIdentity {
  /** Locally administered. */
  readonly mac: string;
  /** IQN of the client. */
  readonly initiator: string;
  /** IQN of the target. */
  readonly target: string;
  /** Serial number of the LUN. */
  readonly serial: string;
  readonly chapUser: string;
  /** What the target expects. */
  readonly chapSecret: string;
  /** What the client says: the same, unless the cell is to be refused. */
  readonly offeredSecret: string;
  /** The account for the console. */
  readonly login: { readonly name: string; readonly password: string };
  /** The word that is written before the reboot and looked for after it. */
  readonly token: string;
}

/** All but the secrets follows from release and cell, so that two runs can be compared. */
export function makeIdentity(cell: Cell, digest: string): GateIdentity {
  const name = cellName(cell);
  const seed = createHash('sha256').update(`${digest} ${name}`).digest('hex');
  const chapSecret = randomWord(16);
  return {
    mac: ['52', '54', '00', seed.slice(0, 2), seed.slice(2, 4), seed.slice(4, 6)].join(':'),
    initiator: `iqn.2026-01.net.lunsmith.gate:client.${name}`,
    target: `iqn.2026-01.net.lunsmith.gate:disk.${name}`,
    serial: seed.slice(6, 22),
    chapUser: `gate-${name}`,
    chapSecret,
    offeredSecret: cell.secret === 'right' ? chapSecret : randomWord(16),
    login: { name: 'lunsmith-gate', password: randomWord(24) },
    token: randomWord(24),
  };
}

/** Hexadecimal digits: the same on every keyboard, in every shell and in iPXE. */
function randomWord(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}
