/** Raspberry Pis: the facts on which stages, target hosts and the boot gate must agree. */
export const RASPBERRY_PI = {
  id: 'raspberry-pi',
  /** The mini UART is QEMU's second serial port. */
  gate: { serial: 'ttyS1' },
} as const;
