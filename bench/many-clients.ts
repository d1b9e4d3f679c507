/** Thirty clients in one change beside one client in one, on a host whose file system shares blocks. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPorts } from '../base/command.js';
import { startTgtd } from '../hosts/target/tgt/daemon.js';
import type { Ground } from './ground.js';
import { type Row, rounds, seconds } from './measure.js';
import { onXfs } from './xfs.js';

const MANY = 30;
/** Of the tgtd of the measurement, on loopback. */
const PORT = 13260;
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));

export function manyClients(ground: Ground): Promise<Row[]> {
  const measure = `${MANY} clients added in one change, LUNs by reflink`;
  return onXfs(ground, measure, async (folder) => {
    const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
    await using _tgtd = await startTgtd(ports, {
      portal: { address: '127.0.0.1', port: PORT },
      folder: ground.folder,
    });
    const secret = join(folder, 'secret');
    await writeFile(secret, 'bench-secret-30\n', { mode: 0o600 });
    const writeSite = () => writeFile(join(folder, 'lunsmith.yaml'), site(secret));
    const lunsmith = (...args: string[]) =>
      ground.run([process.execPath, MAIN, ...args, '--site', join(folder, 'lunsmith.yaml')], {
        doing: args.slice(0, 2).join(' '),
        env: { TGT_IPC_SOCKET: join(ground.folder, 'tgtd'), HOME: ground.folder },
        quiet: true,
      });
    await writeSite();
    await lunsmith('publish', ground.release);
    await lunsmith('promote', 'bench', 'stable');
    const values = await rounds(ground.rounds, async () => {
      await ground.settle();
      const reference = await seconds(() => lunsmith('client', 'add', 'one'));
      await ground.settle();
      const ours = await seconds(() => lunsmith('client', 'add', `web[01-${MANY}]`));
      await lunsmith('client', 'rm', 'one', `web[01-${MANY}]`, '--yes');
      // They are no longer in the site either.
      await writeSite();
      return { ours, reference };
    });
    const reference = { name: 'one client', values: values.reference };
    return [{ measure, unit: 's', ours: values.ours, reference, aim: { timesReference: 3 } }];
  });
}

function site(secret: string): string {
  const names = ['one', ...Array.from({ length: MANY }, (_, at) => `web${String(at + 1).padStart(2, '0')}`)];
  const clients = names.map(
    (name, at) =>
      `  ${name}: { mac: '52:54:00:00:01:${at.toString(16).padStart(2, '0')}', channel: stable, secret: 'file:${secret}' }`,
  );
  return `hosts:
  lab:
    connect: ./lab
    address: 127.0.0.1
    target: { kind: tgt, port: ${PORT} }
    gate: []
    retention: 0d
channels: [stable]
clients:
${clients.join('\n')}
`;
}
