/** Raspberry Pis: every fact on which stages, target hosts and the boot gate must agree. What a model does: raspberry-pi/. */
import type { GateMachine, Matrix } from './platform.js';
import type { ModelName } from './raspberry-pi/models.js';

export const RASPBERRY_PI = {
  id: 'raspberry-pi',
  /** Where the booted system has the folder that the firmware reads; the release has it under the other name. */
  folder: { inRoot: '/boot/firmware', inRelease: 'firmware' },
  /** Names in that folder that stay when a release changes. */
  files: { kernel: 'vmlinuz', initramfs: 'initrd.img', commandLine: 'cmdline.txt', config: 'config.txt' },
  /** Beside them in each client's folder: what its initramfs has to know, its secret among it. No release has it. */
  clientArchive: 'client.cpio',
  /** What the boot ROM of a Pi 3 asks for in the TFTP root; nothing else may lie there. */
  bootcode: 'bootcode.bin',
  matrix: { firmware: ['pi3'], methods: ['tftp'] } satisfies Matrix,
  gate: {
    tool: 'qemu-system-aarch64',
    package: 'qemu-system-arm',
    machine: 'raspi3b',
    /** For kernels of 32 bits. */
    board32: 'raspi2b',
    kvm: false,
    /** Whose firmware is played before the machine starts. */
    model: '3B',
    /** The mini UART, QEMU's second serial port: by Linux's own device tree it is the console. */
    serial: 'ttyS1',
  } satisfies GateMachine & { readonly model: ModelName; readonly board32: string },
} as const;
