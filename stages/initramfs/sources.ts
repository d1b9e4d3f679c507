/** From where initramfs-tools(7), its hooks and those of open-iscsi, udev and kmod take what they put into the initramfs. */
export const INITRAMFS_SOURCES: readonly string[] = [
  '/boot',
  '/etc/fstab',
  '/etc/initramfs-tools',
  '/etc/iscsi',
  '/etc/kernel',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/modprobe.d',
  '/etc/modules',
  '/etc/modules-load.d',
  '/etc/systemd/network',
  '/etc/udev',
  '/lib/firmware',
  '/lib/modprobe.d',
  '/lib/modules',
  '/lib/systemd/network',
  '/lib/udev',
  '/usr/lib/firmware',
  '/usr/lib/modprobe.d',
  '/usr/lib/modules',
  '/usr/lib/systemd/network',
  '/usr/lib/udev',
  '/usr/share/initramfs-tools',
];

/** Whether what stands at `path` of the image may become part of the initramfs. */
export function initramfsTakes(path: string): boolean {
  return INITRAMFS_SOURCES.some((source) => path === source || path.startsWith(`${source}/`));
}
