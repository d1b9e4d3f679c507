/** The real script and the real rtslib over a folder that behaves as configfs does. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../../../base/ports.js';
import type { Portals } from '../../../../hosts/site/portal.js';
import type { IscsiSession, OfferedLun, OfferOptions } from '../../../../hosts/target/adapter.js';
import { adapterOf } from '../../../../hosts/target/adapters.js';
import { ports, testFolder } from '../../../artifacts/formats/tools.js';
import { hostFacts, hostOf } from '../host.js';
import { PORTALS } from '../luns.js';

const KERNEL = join(import.meta.dirname, 'kernel');

export async function lioRig() {
  const folder = await testFolder();
  const tree = folder.at('target');
  await mkdir(join(tree, 'core'), { recursive: true });
  let broken = '';
  const kernel = () => ({
    PYTHONPATH: KERNEL,
    CONFIGFS: tree,
    CONFIGFS_BREAK: broken,
    PYTHONDONTWRITEBYTECODE: '1',
  });
  const run: Ports['run'] = (argv, options) =>
    ports.run(argv, { ...options, env: { ...options.env, ...kernel() } });
  const host = hostOf(hostFacts('lio', folder.path), { run });
  const adapter = adapterOf('lio');
  const python = async (code: string, input = '') => {
    const { stdout } = await run(['/usr/bin/python3', '-c', code], {
      doing: 'ask rtslib',
      input,
      quiet: true,
    });
    return stdout;
  };
  const infoOf = ({ target, initiator }: IscsiSession) =>
    join(tree, 'iscsi', target, 'tpgt_1/acls', initiator, 'info');
  return {
    adapter,
    host,
    folder,
    python,
    apply: (luns: readonly OfferedLun[], portals: Portals = PORTALS, options: OfferOptions = {}) =>
      adapter.apply(host, luns, portals, ports, options),
    remove: (luns: readonly OfferedLun[]) =>
      adapter.remove(
        host,
        luns.map(({ target }) => target),
        ports,
      ),
    sessions: () => adapter.sessions(host, ports),
    /** All that rtslib finds. */
    dump: async () =>
      comparable(await python('import json, rtslib_fb; print(json.dumps(rtslib_fb.RTSRoot().dump()))')),
    saved: async () => comparable(await readFile(folder.at('target.saved/saveconfig.json'), 'utf8')),
    savedPath: folder.at('target.saved/saveconfig.json'),
    /** What was changed since the last call. */
    changes: async (): Promise<string[]> => {
      const path = `${tree}.log`;
      const text = await readFile(path, 'utf8').catch(() => '');
      await writeFile(path, '');
      return text.split('\n').filter((line) => line !== '');
    },
    logIn: (session: IscsiSession) => writeFile(infoOf(session), sessionInfo(session.initiator)),
    /** Logs in when a portal is taken away. */
    logInLate: (session: IscsiSession) =>
      writeFile(`${tree}.late`, `${infoOf(session)}\n${sessionInfo(session.initiator)}`),
    /** Writes to such attributes fail. */
    breakAt: (pattern: string) => {
      broken = pattern;
    },
    left: async () => ({
      stores: (await readdir(join(tree, 'core'))).length,
      targets: (await readdir(join(tree, 'iscsi'))).filter((name) => name.startsWith('iqn')),
    }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** `lio_target_nacl_info_show` of the kernel. */
function sessionInfo(initiator: string): string {
  return `InitiatorName: ${initiator}
InitiatorAlias: web1
LIO Session ID: 1   ISID: 0x00 02 3d 00 00 00  TSIH: 1  SessionType: Normal
Session State: TARG_SESS_STATE_LOGGED_IN
---------------------[iSCSI Session Values]-----------------------
----------------------[iSCSI Connections]-------------------------
CID: 0  Connection State: TARG_CONN_STATE_LOGGED_IN
   Address 10.77.0.10 TCP  StatSN: 0x00000001
`;
}

interface Configuration {
  readonly storage_objects: readonly { readonly name: string }[];
  readonly targets: readonly { readonly wwn: string }[];
}

/** In the order of names, without those that rtslib makes up. */
function comparable(text: string): Configuration {
  const value = JSON.parse(text, (key, each: unknown) =>
    key === 'alias' ? undefined : each,
  ) as Configuration;
  return {
    ...value,
    storage_objects: value.storage_objects.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    targets: value.targets.toSorted((a, b) => (a.wwn < b.wwn ? -1 : 1)),
  };
}
