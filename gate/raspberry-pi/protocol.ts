/** What the gate asks of the process that plays the firmware, and what that says, a line of JSON each. */
import type { Played } from '../../artifacts/platform/raspberry-pi/firmware.js';
import type { ModelName } from '../../artifacts/platform/raspberry-pi/models.js';
import type { Lease } from './dhcp.js';

export interface FirmwarePi {
  readonly model: ModelName;
  /** Hex digits. */
  readonly serial: string;
  readonly mac: string;
}

export type FirmwareTask =
  | { readonly do: 'dhcp'; readonly pi: FirmwarePi }
  /** Loads all that the firmware asks for into a folder. */
  | { readonly do: 'load'; readonly pi: FirmwarePi; readonly server: string; readonly folder: string };

export type FirmwareAnswer =
  | { readonly lease: Lease }
  /** One file, as soon as it is there or known to be missing. */
  | { readonly asked: string; readonly bytes?: number }
  | { readonly played: Played; readonly files: Readonly<Record<string, string>> };
