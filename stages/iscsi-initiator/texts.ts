/** Files of the initiator besides iscsid.conf. */

/**
 * /etc/iscsi/iscsi.initramfs. That it exists makes the hook put it into the initramfs as /etc/iscsi.initramfs, and
 * makes the shutdown scripts keep the session of the root. A per-client initrd replaces it.
 */
export function iscsiInitramfsText(identity: 'ibft' | 'cmdline'): string {
  return identity === 'ibft'
    ? '# Target, initiator and secret come from the iSCSI Boot Firmware Table (iBFT).\nISCSI_AUTO=true\n'
    : '# Target, initiator and secret come from the kernel command line or from a per-client initrd.\n';
}

/**
 * /etc/iscsi/initiatorname.iscsi of an image that many clients boot: iscsid's start-up check makes a name at the first
 * start. The session of the root has its name from the iBFT, the command line or the per-client initrd.
 */
export const INITIATOR_NAME = 'GenerateName=yes\n';

export interface DiskTuning {
  /** Seconds until the kernel gives a SCSI command up. */
  readonly scsiTimeout: number | undefined;
  readonly scheduler: 'none' | 'keep';
}

/** udev(7) rule for disks on iSCSI; undefined when there is nothing to set. */
export function udevRule({ scsiTimeout, scheduler }: DiskTuning): string | undefined {
  const assignments = [
    ...(scsiTimeout === undefined ? [] : [`ATTR{device/timeout}="${scsiTimeout}"`]),
    ...(scheduler === 'none' ? ['ATTR{queue/scheduler}="none"'] : []),
  ];
  if (assignments.length === 0) return undefined;
  const match = [
    'ACTION=="add|change"',
    'SUBSYSTEM=="block"',
    'ENV{DEVTYPE}=="disk"',
    'ENV{ID_PATH}=="*-iscsi-*"',
  ];
  return `${[...match, ...assignments].join(', ')}\n`;
}

export const ISCSID_DROP_IN_PATH = '/etc/systemd/system/iscsid.service.d/root-session.conf';

/**
 * When iscsid adopts the root session it closes its connection and logs in again; until then the disk is away, and
 * whatever iscsid itself must read from it waits for ever. Its CHAP starts OpenSSL, which reads its configuration just
 * then (seen: 120 s without the disk, then I/O errors). So OpenSSL gets an empty one, and what the C library reads to
 * connect is in memory before. iscsid locks its own pages.
 */
export const ISCSID_DROP_IN = `[Service]
Environment=OPENSSL_CONF=/dev/null
ExecStartPre=-/bin/sh -c 'cat /etc/hosts /etc/nsswitch.conf /etc/gai.conf /etc/host.conf /etc/services /etc/iscsi/* >/dev/null 2>&1'
`;
