/** What the tests of all adapters offer. */
import type { OfferedLun } from '../../../hosts/target/adapter.js';

export const PREFIX = 'iqn.2026-01.org.example:san1';
export const SECRET = 'canary-5e7a11ce';
export const PORTALS = [{ address: '10.77.0.1', port: 3260 }] as const;

export const WEB: OfferedLun = {
  target: `${PREFIX}:web1.root.0123456789ab-1`,
  disk: '/srv/lunsmith/clients/web1/root/0123456789ab-1.img',
  backing: 'file',
  bytes: 4 << 20,
  serial: '0123456789abcdef',
  initiator: 'iqn.2026-01.org.example:client.web1',
  chap: { user: 'web1', secret: SECRET },
};

/** With a second disk. */
export const PC: OfferedLun = {
  ...WEB,
  target: `${PREFIX}:pc7.windows.0123456789ab-3`,
  disk: '/srv/lunsmith/clients/pc7/windows/0123456789ab-3.img',
  serial: '00000000000000a1',
  beside: {
    disk: '/srv/lunsmith/clients/pc7/windows-installer/0123456789ab-3.img',
    backing: 'file',
    bytes: 8 << 20,
    serial: '00000000000000a2',
  },
  initiator: 'iqn.2026-01.org.example:client.pc7',
  chap: { user: 'pc7', secret: SECRET },
};

export const DB: OfferedLun = {
  target: `${PREFIX}:db1.root.fedcba987654-2`,
  disk: '/dev/vg0/db1-root-fedcba987654-2',
  backing: 'block',
  bytes: 8 << 20,
  serial: 'fedcba9876543210',
  initiator: 'iqn.2026-01.org.example:client.db1',
  chap: { user: 'db1', secret: 'other-c0ffee12' },
};

/** The image of a release, which two clients share. */
const IMAGE = {
  disk: '/srv/lunsmith/releases/0123456789ab/disk.img',
  backing: 'file',
  bytes: 4 << 20,
} as const;
export const SHARED: readonly [OfferedLun, OfferedLun] = [
  { ...WEB, ...IMAGE, readOnly: true },
  { ...DB, ...IMAGE, readOnly: true },
];
