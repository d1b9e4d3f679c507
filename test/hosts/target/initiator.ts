/** libiscsi's initiator (Debian's package libiscsi-bin), which shares no code with any target. */
import { createServer } from 'node:net';
import type { Portal } from '../../../hosts/site/portal.js';
import type { IscsiSession, OfferedLun } from '../../../hosts/target/adapter.js';
import { ports } from '../../artifacts/formats/tools.js';

/** A closed port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function url({ target }: Pick<OfferedLun, 'target'>, { address, port }: Portal, lun: number): string {
  return `iscsi://${address}:${port}/${target}/${lun}`;
}

function options({ chap }: Pick<OfferedLun, 'chap'>, doing: string) {
  return {
    doing,
    quiet: true,
    env: { LIBISCSI_CHAP_USERNAME: chap.user, LIBISCSI_CHAP_PASSWORD: chap.secret },
  };
}

/** What the disk says of its serial number (VPD page 0x80), or why it cannot be asked. */
export async function inquire(offered: OfferedLun, portal: Portal, lun: number): Promise<string> {
  const { stdout, stderr } = await ports.run(
    ['iscsi-inq', '-i', offered.initiator, '-e', '1', '-c', '128', url(offered, portal, lun)],
    { ...options(offered, 'ask the disk'), okExitCodes: [0, 1, 10], timeout: 20 },
  );
  return stdout + stderr;
}

/** Whether each command that writes is answered by WRITE PROTECTED, as SBC-3 has it; such a disk is not changed by asking. */
export async function refusesWrites(
  offered: Pick<OfferedLun, 'target' | 'initiator' | 'chap'>,
  portal: Portal,
  lun: number,
  run = ports.run,
): Promise<boolean> {
  const { stdout } = await run(
    [
      ...([
        'iscsi-test-cu',
        '-i',
        offered.initiator,
        '--dataloss',
        '-t',
        'SCSI.ReadOnly.ReadOnlySBC',
      ] as const),
      url(offered, portal, lun),
    ],
    { ...options(offered, 'try to write to the disk'), okExitCodes: [0, 1], timeout: 60 },
  );
  // It asks nothing of a disk that says it can be written to.
  const [, asked = '0', failed] = /^ *asserts +(\d+) +\d+ +\d+ +(\d+) /m.exec(stdout) ?? [];
  return Number(asked) > 5 && failed === '0';
}

/** Reads the disk until it is disposed of; resolves when the target knows its session. */
export async function holdSession(
  offered: OfferedLun,
  portal: Portal,
  lun: number,
  sessions: () => Promise<readonly IscsiSession[]>,
): Promise<AsyncDisposable> {
  const reading = await ports.start(
    ['iscsi-perf', '-i', offered.initiator, url(offered, portal, lun)],
    options(offered, 'read the disk'),
  );
  const deadline = Date.now() + 10_000;
  while ((await sessions()).length === 0) {
    if (Date.now() < deadline) continue;
    const lines = reading.lastLines().join('\n');
    await reading[Symbol.asyncDispose]();
    throw new Error(`no session after 10 s: ${lines}`);
  }
  return reading;
}
