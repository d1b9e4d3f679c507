/** Other image builders on the same packages, each round beside ours; one that cannot run here is left out with its reason. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../base/failure.js';
import type { Argv } from '../base/ports.js';
import { coldBuild } from './cold.js';
import { type Ground, SUITE } from './ground.js';
import { openLocalMirror } from './local-mirror.js';
import { type Row, seconds } from './measure.js';
import { fileChange } from './one-file.js';
import { debos } from './peers/debos.js';
import { mkosi } from './peers/mkosi.js';
import type { Peer, Subject } from './peers/peer.js';
import { openToolbox, type Toolbox } from './peers/toolbox.js';
import { vmdb2 } from './peers/vmdb2.js';

const PEERS: readonly Peer[] = [mkosi, debos, vmdb2];

interface Times {
  readonly cold: number[];
  readonly again: number[];
}

export async function peers(ground: Ground): Promise<readonly Row[]> {
  const leaveOut = (reason: string) =>
    PEERS.map(({ name }) => ({ measure: `beside ${name}`, leftOut: reason }));
  if (process.getuid?.() !== 0) return leaveOut('it needs root here');
  const mirrorFolder = join(ground.folder, 'peers-mirror');
  const about = { pool: ground.pool, folder: mirrorFolder, suite: SUITE };
  await using mirror = await openLocalMirror(ground.lock, about, ground);
  const wanted = PEERS.flatMap(({ name, needs }) => [name, ...needs]);
  let toolbox: Toolbox;
  try {
    toolbox = await openToolbox(wanted, join(ground.folder, 'toolbox'), ground.run);
  } catch (error) {
    return leaveOut(reasonOf(error));
  }
  const subject = { suite: SUITE, mirror: mirror.url, packages: mirror.packages };
  const ours: Times = { cold: [], again: [] };
  const theirs = new Map<Peer, Times>(PEERS.map((peer) => [peer, { cold: [], again: [] }]));
  const reasons = new Map<Peer, string>();
  for (const peer of PEERS) {
    const obstacle = await peer.obstacle?.();
    if (obstacle !== undefined) reasons.set(peer, obstacle);
  }
  for (let round = 1; round <= ground.rounds; round++) {
    ours.cold.push((await coldBuild(ground)).took);
    ours.again.push((await fileChange(ground)).took);
    for (const [peer, times] of theirs) {
      if (reasons.has(peer)) continue;
      try {
        await measure(peer, times, { ground, toolbox, subject });
        console.error(`  round ${round} of ${ground.rounds}: ${peer.name} done`);
      } catch (error) {
        reasons.set(peer, reasonOf(error));
      }
    }
  }
  const rows = await Promise.all(
    [...theirs].map(async ([peer, times]): Promise<Row[]> => {
      const reason = reasons.get(peer);
      const name = `${peer.name} ${await toolbox.version(peer.name)}`;
      return reason === undefined
        ? rowsOf(name, ours, times)
        : [{ measure: `beside ${name}`, leftOut: reason }];
    }),
  );
  return rows.flat();
}

function rowsOf(name: string, ours: Times, theirs: Times): Row[] {
  const aim = { timesReference: 1 };
  return [
    { measure: 'cold build', unit: 's', ours: ours.cold, reference: { name, values: theirs.cold }, aim },
    {
      measure: 'one file changed',
      unit: 's',
      ours: ours.again,
      reference: { name, values: theirs.again },
      aim,
    },
  ];
}

interface Surroundings {
  readonly ground: Ground;
  readonly toolbox: Toolbox;
  readonly subject: Subject;
}

async function measure(peer: Peer, times: Times, { ground, toolbox, subject }: Surroundings): Promise<void> {
  const folder = join(ground.folder, peer.name);
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const timed = async (content: string, commands: readonly Argv[]) => {
    await write(peer.changing, content);
    await ground.settle();
    const took = await seconds(async () => {
      for (const argv of commands) await toolbox.run(folder, argv, `build with ${peer.name}`);
    });
    await assertWritten(peer, folder, content, ground);
    return took;
  };
  try {
    for (const [path, text] of Object.entries(peer.configuration(subject))) await write(path, text);
    const cold = await timed('before\n', peer.cold);
    const again = await timed('after\n', peer.again);
    times.cold.push(cold);
    times.again.push(again);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws Error when the image is not what was asked for: then its time says nothing */
async function assertWritten(peer: Peer, folder: string, content: string, { run }: Ground): Promise<void> {
  const image = `${join(folder, peer.image)}?offset=${peer.offset}`;
  const look = async (request: string) =>
    (await run(['debugfs', '-R', request, image], { doing: 'look into the image', quiet: true })).stdout;
  if ((await look('cat /srv/last')) !== content) throw new Error('The image does not hold the changed file.');
  if (!(await look('ls /boot')).includes('initrd.img-')) throw new Error('The image holds no initramfs.');
}

/** In one line: what failed, and the first of its last lines that says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Failure)) return error instanceof Error ? error.message : String(error);
  const why = error.command?.lastLines.find((line) => /error|fail|cannot|could not/i.test(line));
  return [error.diagnostics[0].what, ...(why === undefined ? [] : [why.trim()])].join(' ');
}
