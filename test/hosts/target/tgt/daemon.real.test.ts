import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createSparse } from '../../../../artifacts/formats/sparse.js';
import { createPorts } from '../../../../base/command.js';
import { startTgtd } from '../../../../hosts/target/tgt/daemon.js';
import { testFolder } from '../../../artifacts/formats/tools.js';
import { freePort } from '../initiator.js';

const TARGET = 'iqn.2026-01.org.example:disk';
const SECRET = 'canary-5e7a11ce';

function ports(signal = new AbortController().signal) {
  const events: unknown[] = [];
  const pids: number[] = [];
  const made = createPorts({ emit: (event) => events.push(event), signal });
  const start: typeof made.start = async (argv, options) => {
    const tool = await made.start(argv, options);
    pids.push(tool.pid);
    return tool;
  };
  return { ports: { ...made, start }, events, pids };
}

function lun(disk: string) {
  return {
    name: TARGET,
    disk,
    lun: 1,
    serial: '0123456789abcdef',
    initiator: 'iqn.2026-01.org.example:client',
    chap: { user: 'client', secret: SECRET },
  };
}

it('offers a disk, shows it, keeps the secret to itself, and ends', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), 4 << 20);
  const used = ports();
  const lines: string[] = [];
  const tgtd = await startTgtd(used.ports, {
    portal: { address: '127.0.0.1', port: await freePort() },
    folder: folder.path,
    onLine: (line) => lines.push(line),
  });
  await tgtd.offer(lun(folder.at('disk.img')));
  expect(await tgtd.targets()).toMatchObject([{ id: 1, name: TARGET, sessions: [] }]);
  const shown = await tgtd.show();
  expect(shown).toMatch(/SCSI SN: 0123456789abcdef\n +Size: 4 MB, Block size: 512/);
  expect(shown).toMatch(
    /Account information:\n +client\n +ACL information:\n +iqn\.2026-01\.org\.example:client\n/,
  );

  const [pid = 0] = used.pids;
  const inProcess = await Promise.all(
    ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'latin1')),
  );
  expect([...inProcess, ...lines, JSON.stringify(used.events)].join('\n')).not.toContain(SECRET);

  await tgtd[Symbol.asyncDispose]();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

it('says why tgtd refused', async () => {
  await using folder = await testFolder();
  await using tgtd = await startTgtd(ports().ports, {
    portal: { address: '127.0.0.1', port: await freePort() },
    folder: folder.path,
  });
  await expect(tgtd.offer(lun(folder.at('absent.img')))).rejects.toMatchObject({
    kind: 'tool',
    diagnostics: [
      { what: `Could not offer ${folder.at('absent.img')} as LUN 1.`, found: 'tgtd: invalid request' },
    ],
  });
});

it('is gone soon after an abort', async () => {
  await using folder = await testFolder();
  await createSparse(folder.at('disk.img'), 4 << 20);
  const controller = new AbortController();
  const used = ports(controller.signal);
  const tgtd = await startTgtd(used.ports, {
    portal: { address: '127.0.0.1', port: await freePort() },
    folder: folder.path,
  });
  await tgtd.offer(lun(folder.at('disk.img')));
  const begin = performance.now();
  controller.abort();
  await tgtd[Symbol.asyncDispose]();
  expect(performance.now() - begin).toBeLessThan(2000);
  expect(() => process.kill(used.pids[0] ?? 0, 0)).toThrow('ESRCH');
});
