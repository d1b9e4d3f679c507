/**
 * The moments of a build at which a recipe's own scripts run: names of `scripts` in the recipe's package.json.
 * The list is fixed, so that a script which would silently never run can be told from one which does.
 */

/** Every hook event, in the order of a build, each with when it runs. */
export const HOOK_EVENTS = {
  'build:pre': 'before the first step; nothing exists yet',
  'rootfs:pre': 'after the first step, which bootstraps the root, and before the second',
  'rootfs:post': 'after the last step of the root; nothing changes it any more',
  'image:pre': 'before the LUN image is written',
  'image:post': 'after the LUN image and the boot artifacts are written, before the manifest',
  'release:post': 'after the release appeared under its final name',
} as const;

export type HookEvent = keyof typeof HOOK_EVENTS;

export const HOOK_EVENT_NAMES = Object.keys(HOOK_EVENTS) as readonly HookEvent[];

export function isHookEvent(name: string): name is HookEvent {
  return Object.hasOwn(HOOK_EVENTS, name);
}
