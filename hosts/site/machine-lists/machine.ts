/** A machine as another program's list has it, before it is a client of the site. Texts are as they stand there. */

/** What a list may say of a machine, by the keys that a client of the site has. */
export const MACHINE_KEYS = [
  'host',
  'mac',
  'serial',
  'uuid',
  'channel',
  'size',
  'boot',
  'follows',
  'address',
  'secret',
] as const;
export type MachineKey = (typeof MACHINE_KEYS)[number];

export interface Machine {
  /** As the list names it; absent where it does not. */
  readonly name?: string | undefined;
  readonly facts: Readonly<Partial<Record<MachineKey, string>>>;
  /** Line of the list, from 1 on; absent in a format that has none. */
  readonly line?: number | undefined;
}
