/** Where an initramfs lies, and where its generator looks for programs. */

/** Without the folder of the programs that do nothing while packages come and go. */
export const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
/** @param version of the kernel, as `uname -r` says it */
export const imageOf = (version: string) => `/boot/initrd.img-${version}`;
