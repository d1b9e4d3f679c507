/** Who the client of one cell is. Its secrets are made for one run and are worth nothing after it. */
import { createHash, randomBytes } from 'node:crypto';
import type { Cell } from '../artifacts/platform/platform.js';
import { cellName } from '../artifacts/platform/platform.js';

export interface GateIdentity {
  /** Locally administered. */
  readonly mac: string;
  /** 16 hex digits, as a Raspberry Pi has them; a PC is told by its MAC address. */
  readonly piSerial: string;
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
    // A server knows a Raspberry Pi by the maker of its card.
    mac: [
      ...(cell.firmware === 'pi3' ? ['b8', '27', 'eb'] : ['52', '54', '00']),
      seed.slice(0, 2),
      seed.slice(2, 4),
      seed.slice(4, 6),
    ].join(':'),
    piSerial: seed.slice(24, 40),
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
