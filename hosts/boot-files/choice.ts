/** What of its images a client starts. */
import { Failure } from '../../base/failure.js';
import type { ClientState } from '../host/state.js';
import { type BootImage, startsOfAll } from './boot-image.js';
import { CHOSEN, OVER } from './entry.js';

/** No image can have this name. */
const NEXT_DEVICE = '.next';

/**
 * Jumps to `:image-<name>`: what a person has chosen already ({@link CHOSEN}, from a PXELINUX menu), else `next`, else
 * what is chosen from the menu within its time, else the first. A server that only reads cannot know that a client has
 * booted: `next` stays the choice until a command that sees a session on that image's target renders the state without it.
 */
export function choice(
  { facts, next }: ClientState,
  images: readonly [BootImage, ...BootImage[]],
): readonly string[] {
  const starts = startsOfAll(images);
  const [first, ...others] = starts.map(({ name }) => name);
  const go = (name: string | undefined) => `goto image-${name}`;
  if (next !== undefined && !starts.some(({ name }) => name === next)) {
    throw new Failure('usage', {
      what: `The client ${facts.name} cannot boot the image ${next} next.`,
      expected: `one of its images that has a release: ${starts.map(({ name }) => name).join(', ')}`,
      found: next,
    });
  }
  if (first === undefined || others.length === 0) return [];
  const chosen = [first, ...others].map((name) => `iseq \${${CHOSEN}} ${name} && ${go(name)} ||`);
  if (next !== undefined) return [...chosen, `echo Chosen for the next boot: ${next}`, go(next)];
  if (facts.menuSeconds === 0) return [...chosen, go(first)];
  return [
    ...chosen,
    `menu ${facts.name}`,
    ...starts.map(
      ({ name, image, generation }) =>
        `item ${name} ${name} (${image.channel ?? 'its own'}, ${generation.id})`,
    ),
    'item --gap',
    `item ${NEXT_DEVICE} Next boot device`,
    `choose --timeout ${facts.menuSeconds * 1000} --default ${first} menu-choice || ${go(first)}`,
    `iseq \${menu-choice} ${NEXT_DEVICE} && goto leave ||`,
    'goto image-${menu-choice}',
    ':leave',
    `set ${OVER} 1`,
    'exit 0',
  ];
}
