/** What a stage may know of the recipe that it is part of. */
import type { DiskSpec } from '../artifacts/formats/disk-spec.js';
import type { Architecture } from '../artifacts/platform/architecture.js';
import type { LoaderSpec } from '../artifacts/platform/loader.js';
import type { PlatformId } from '../artifacts/platform/platforms.js';

export type { Architecture } from '../artifacts/platform/architecture.js';

/**
 * What a stage may know of the recipe that it is part of: `folder` and `architecture` always, the others when it declares
 * them, since they become part of its step's key.
 */
export interface RecipeFacts {
  readonly name: string;
  /** Absolute path of the recipe's folder. */
  readonly folder: string;
  readonly architecture: Architecture;
  readonly platform: PlatformId;
  /** A recipe of which no stage declares it may have none. */
  readonly disk: DiskSpec;
  /** Absent: GRUB, for all firmware that the disk has room for it. */
  readonly loader?: LoaderSpec;
  readonly kernel: {
    /** Kernel parameters without `root=`, which follows from the disk; no secret, no client. */
    readonly commandLine: readonly string[];
  };
}
