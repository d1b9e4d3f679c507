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

function url({ target }: OfferedLun, { address, port }: Portal, lun: number): string {
  return `iscsi://${address}:${port}/${target}/${lun}`;
}

function options({ chap }: OfferedLun, doing: string) {
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
