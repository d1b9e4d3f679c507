/** Files of the tree that the hooks of the initramfs read; in the initramfs the first is /etc/iscsi.initramfs. */

export const INITRAMFS_IDENTITY = '/etc/iscsi/iscsi.initramfs';
/** `KEY=VALUE` lines for `iscsistart -P`. */
export const SESSION_SETTINGS = '/etc/iscsi/iscsistart.settings';
