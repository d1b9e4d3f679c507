import { expect, it } from 'vitest';
import { lioConfig } from '../../../../hosts/target/lio/saveconfig.js';
import { failureOf } from '../../../artifacts/formats/tools.js';
import { DB, PORTALS, PREFIX, SECRET, SHARED, WEB } from '../luns.js';

const TARGET = `${PREFIX}:web1.root.0123456789ab-1`;

it('offers a file to one initiator', () => {
  expect(lioConfig([WEB], PORTALS)).toBe(`{
  "fabric_modules": [],
  "storage_objects": [
    {
      "attributes": {
        "emulate_tpu": 1
      },
      "dev": "/srv/lunsmith/clients/web1/root/0123456789ab-1.img",
      "name": "${TARGET}",
      "plugin": "fileio",
      "size": 4194304,
      "write_back": false,
      "wwn": "0123456789abcdef"
    }
  ],
  "targets": [
    {
      "fabric": "iscsi",
      "tpgs": [
        {
          "attributes": {
            "authentication": 1,
            "demo_mode_write_protect": 1,
            "generate_node_acls": 0
          },
          "enable": true,
          "luns": [
            {
              "index": 0,
              "storage_object": "/backstores/fileio/${TARGET}"
            }
          ],
          "node_acls": [
            {
              "chap_password": "canary-5e7a11ce",
              "chap_userid": "web1",
              "mapped_luns": [
                {
                  "index": 0,
                  "tpg_lun": 0,
                  "write_protect": false
                }
              ],
              "node_wwn": "iqn.2026-01.org.example:client.web1"
            }
          ],
          "portals": [
            {
              "ip_address": "10.77.0.1",
              "port": 3260
            }
          ],
          "tag": 1
        }
      ],
      "wwn": "${TARGET}"
    }
  ]
}
`);
});

it('offers it at each portal', () => {
  const [first] = PORTALS;
  const { targets } = JSON.parse(lioConfig([WEB], [first, { address: '10.79.0.1', port: 3261 }])) as {
    targets: { tpgs: { portals: object[] }[] }[];
  };
  expect(targets[0]?.tpgs[0]?.portals).toEqual([
    { ip_address: '10.77.0.1', port: 3260 },
    { ip_address: '10.79.0.1', port: 3261 },
  ]);
});

it('offers one image to two clients, by a backstore for each, and protects it from both', () => {
  const { storage_objects: objects, targets } = JSON.parse(lioConfig(SHARED, PORTALS)) as {
    storage_objects: { dev: string; name: string }[];
    targets: { tpgs: { node_acls: { mapped_luns: object[] }[] }[] }[];
  };
  expect(objects.map(({ dev, name }) => [dev, name])).toEqual(
    SHARED.map(({ disk, target }) => [disk, target]),
  );
  expect(targets.map(({ tpgs }) => tpgs[0]?.node_acls[0]?.mapped_luns)).toEqual(
    SHARED.map(() => [{ index: 0, tpg_lun: 0, write_protect: true }]),
  );
});

it('offers a block device as such', () => {
  const { storage_objects: objects, targets } = JSON.parse(lioConfig([DB], PORTALS)) as {
    storage_objects: object[];
    targets: { tpgs: { luns: object[] }[] }[];
  };
  expect(objects).toEqual([
    { attributes: { emulate_tpu: 1 }, dev: DB.disk, name: DB.target, plugin: 'block', wwn: DB.serial },
  ]);
  expect(targets[0]?.tpgs[0]?.luns).toEqual([{ index: 0, storage_object: `/backstores/block/${DB.target}` }]);
});

const IQN = 'iqn.YYYY-MM.DOMAIN.DOMAIN:NAME of small letters, digits and . : -';
const INITIATOR = `${IQN}, or eui. or naa. and hexadecimal digits`;
const WORD = '1 to 255 printable ASCII characters without a space, not beginning with NULL';
const PATH = 'an absolute path of at most 255 letters, digits and . _ @ % + = / -';

it.each([
  [{ target: 'iqn.2026-01.example:a' }, 'name of a target', IQN, 'iqn.2026-01.example:a'],
  [{ target: 'iqn.2026-01.org.example:a_b' }, 'name of a target', IQN, 'iqn.2026-01.org.example:a_b'],
  [
    { initiator: 'iqn.2026-01.org.example:A' },
    'name of an initiator',
    INITIATOR,
    'iqn.2026-01.org.example:A',
  ],
  [{ initiator: 'eui.0123456789ABCDEF' }, 'name of an initiator', INITIATOR, 'eui.0123456789ABCDEF'],
  [{ initiator: `naa.${'6'.repeat(32)}` }, 'name of an initiator', INITIATOR, `naa.${'6'.repeat(32)}`],
  [{ disk: '/a,b' }, 'path of a disk', PATH, '/a,b'],
  [{ disk: '/a:b' }, 'path of a disk', PATH, '/a:b'],
  [
    { serial: 'ABCDEF0123456789' },
    'serial number',
    '16 hexadecimal digits in lower case',
    'ABCDEF0123456789',
  ],
  [{ chap: { user: 'NULLER', secret: 'x' } }, 'CHAP user', WORD, 'NULLER'],
  [{ chap: { user: 'a', secret: ` ${SECRET}` } }, 'CHAP secret', WORD, 'the secret of a'],
  [{ chap: { user: 'a', secret: SECRET.padEnd(256, 'x') } }, 'CHAP secret', WORD, 'the secret of a'],
])('refuses what LIO cannot hold: %j', (change, what, expected, found) => {
  const failure = failureOf(() => lioConfig([{ ...WEB, ...change }], PORTALS));
  expect([failure.kind, failure.diagnostics]).toEqual([
    'usage',
    [{ what: `LIO cannot take this ${what}.`, expected, found }],
  ]);
  expect(JSON.stringify(failure.toRecord())).not.toContain(SECRET);
});
