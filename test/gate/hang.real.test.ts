/** Clients that come so far and no further, on a real machine: each is found, and for what it is. */
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sanbootScript } from '../../artifacts/formats/ipxe.js';
import type { Proof } from '../../artifacts/release/proof.js';
import type { NotDecided } from '../../gate/cell.js';
import type { Patience } from '../../gate/patience.js';
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import { testFolder } from '../artifacts/formats/tools.js';
import { MUTE_PORT } from '../inside/gate.js';
import { gateRequest, makeRelease } from './gate-rig.js';

/** A fraction of the real one, and still more than firmware and iPXE need. */
const PATIENCE: Patience = { idle: 15, silent: 15, work: 120, wall: 1200 };

const MUTE = `iscsi:\${next-server}::${MUTE_PORT}:1:iqn.2026-01.org.example:mute`;

/** A boot sector with these instructions of the 8086. */
function bootSector(...code: number[]): Buffer {
  const sector = Buffer.alloc(512);
  sector.set(code);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
/** cli; hlt */
const HALT = bootSector(0xfa, 0xf4);
/** jmp to itself */
const LOOP = bootSector(0xeb, 0xfe);

interface Client {
  readonly script?: string;
  readonly sector?: Buffer;
  readonly patience?: Patience;
}

async function prove({ script = sanbootScript(), sector, patience = PATIENCE }: Client) {
  await using folder = await testFolder();
  await makeRelease(folder);
  await writeFile(folder.at('release/boot/sanboot.ipxe'), script);
  if (sector) await writeFile(folder.at('release/disk.img'), sector, { flag: 'r+' });
  const bounds = { boot: patience, shutdown: patience, command: patience };
  const job = {
    module: 'test/inside/gate.js',
    payload: gateRequest(folder, { bounds }),
    network: 'own',
  } as const;
  return (await enterSandbox(job, () => undefined, new AbortController().signal)) as Proof | NotDecided;
}

it.each<[string, Client, string, RegExp]>([
  [
    'logs in to a target that does not answer',
    { script: `#!ipxe\necho SAN boot, attempt 1\nsanboot ${MUTE}\n` },
    'ipxe',
    /^The client turns in circles/,
  ],
  ['halts in its boot loader', { sector: HALT }, 'san-login', /^The client stands still/],
  ['turns in circles in its boot loader', { sector: LOOP }, 'san-login', /^The client turns in circles/],
])('finds a client that %s', async (_, client, milestone, why) => {
  const outcome = await prove(client);
  expect(outcome).toMatchObject({ passed: false });
  expect(outcome.milestones.at(-1)?.milestone).toBe(milestone);
  const { checks } = outcome as Proof;
  expect(checks.map(({ name }) => name)).toEqual(['boot to a login']);
  expect(checks[0]?.found).toMatch(why);
});

it('decides nothing when the wall’s clock is over before the client’s own patience', async () => {
  const outcome = await prove({ sector: LOOP, patience: { idle: 600, silent: 600, work: 600, wall: 12 } });
  expect(outcome).toMatchObject({
    cell: { firmware: 'bios', path: 'san', secret: 'right' },
    notDecided: expect.stringMatching(
      /^After \d+ s there is no sign of the login prompt, but the client still works/,
    ) as string,
  });
  expect(outcome).not.toHaveProperty('passed');
});
