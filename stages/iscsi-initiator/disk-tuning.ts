/** How the booted system treats disks on iSCSI. */

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
