/** What each kind of target says that it offers. */
import { expect, it } from 'vitest';
import { createSparse } from '../../../artifacts/formats/sparse.js';
import { adapterOf } from '../../../hosts/target/adapters.js';
import { startTgtd } from '../../../hosts/target/tgt/daemon.js';
import { ports, testFolder } from '../../artifacts/formats/tools.js';
import { hostFacts, hostOf } from './host.js';
import { freePort } from './initiator.js';
import { lioRig } from './lio/rig.js';
import { DB, SECRET, WEB } from './luns.js';

it('tgt shows disks, names and accounts, and leaves out what refuses all initiators', async () => {
  await using folder = await testFolder();
  const port = await freePort();
  const portal = { address: '127.0.0.1', port };
  await using _tgtd = await startTgtd(ports, { portal, folder: folder.path });
  const adapter = adapterOf('tgt', { tgtSocket: folder.at('tgtd.0') });
  const host = hostOf(hostFacts('tgt', folder.path, port));
  const lun = { ...WEB, disk: folder.at('web.img') };
  await createSparse(lun.disk, lun.bytes);
  expect(await adapter.show(host, ports)).toEqual([]);
  await adapter.apply(host, [lun], [portal], ports);
  expect(await adapter.show(host, ports)).toEqual([
    {
      target: lun.target,
      luns: [{ number: 1, disk: lun.disk }],
      initiators: [lun.initiator],
      accounts: ['web1'],
    },
  ]);
  await adapter.remove(host, [lun.target], ports);
});

it('LIO shows disks, names and accounts, and that there is no authentication', async () => {
  await using used = await lioRig();
  await used.apply([WEB]);
  const shown = () => used.adapter.show(used.host, ports);
  const target = { target: WEB.target, luns: [{ number: 0, disk: WEB.disk }], initiators: [WEB.initiator] };
  expect(await shown()).toEqual([{ ...target, accounts: ['web1'] }]);
  expect(JSON.stringify(await shown())).not.toContain(SECRET);
  const tpg = `rtslib_fb.RTSRoot().tpgs.__next__()`;
  await used.python(`import rtslib_fb; ${tpg}.set_attribute("authentication", "0")`);
  expect(await shown()).toEqual([{ ...target, accounts: [] }]);
  await used.python(`import rtslib_fb; ${tpg}.set_attribute("generate_node_acls", "1")`);
  expect(await shown()).toEqual([{ ...target, initiators: ['ALL', WEB.initiator], accounts: [] }]);
});

it('IET shows disks alone', async () => {
  const volume = `tid:1 name:${DB.target}\n\tlun:0 state:0 iotype:blockio iomode:wt blocks:1 blocksize:512 path:${DB.disk}\n`;
  const host = { ...hostOf(hostFacts('iet', '/srv/lunsmith')), read: () => Promise.resolve(volume) };
  expect(await adapterOf('iet').show(host, ports)).toEqual([
    { target: DB.target, luns: [{ number: 0, disk: DB.disk }] },
  ]);
});
