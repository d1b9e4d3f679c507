/**
 * What stages make and need of each other. The order of a recipe's steps and whether one is missing follow from these
 * (`provides`, `requires` and `changes` of a stage); the pipeline only compares the words and shows them after "the".
 */

/** The root tree. */
export const ROOT = 'root';
/** What of the root goes into the initramfs: programs, modules, their configuration. */
export const INITRAMFS_CONTENT = 'initramfs content';
export const INITRAMFS = 'initramfs';
/** The root without what belongs to one build or one machine. */
export const SEALED_ROOT = 'sealed root';
/** The folder that the firmware of a Raspberry Pi reads. */
export const RASPBERRY_PI_FIRMWARE = 'Raspberry Pi firmware';
export const LUN_IMAGE = 'LUN image';
export const BOOT_ARTIFACTS = 'boot artifacts';

/** What a step changes that may write anywhere in the root. */
export const WHOLE_ROOT = [ROOT, INITRAMFS_CONTENT] as const;
