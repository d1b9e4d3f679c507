/** An image that a client may boot. */
import { Failure } from '../../base/failure.js';
import type { ClientState, Generation } from '../host/state.js';
import { startsOf } from '../site/blank.js';
import type { ClientFacts, ClientImage } from '../site/facts.js';

/** An image that the client can boot now. */
export interface BootImage {
  readonly image: ClientImage;
  readonly generation: Generation;
}

/** What a client can start of it, by the name that menus, labels and `next` have for it. */
export interface Start extends BootImage {
  readonly name: string;
}

export function startsOfAll(images: readonly BootImage[]): Start[] {
  return images.flatMap((each) => startsOf(each.image).map((name) => ({ ...each, name })));
}

/** Those with a clone; an image whose channel has no release yet has none. */
export function bootImages({ facts, images }: ClientState): BootImage[] {
  return facts.images.flatMap((image) => {
    const known = images[image.name];
    const generation = known?.generations.find(({ id }) => id === known.current);
    if (known !== undefined && generation === undefined) throw noGeneration(facts, image, known.current);
    return generation === undefined ? [] : [{ image, generation }];
  });
}

function noGeneration({ name }: ClientFacts, image: ClientImage, current: string): Failure {
  return new Failure('usage', {
    what: `The state of the client ${name} is not whole.`,
    expected: `the current generation of its image ${image.name} among those that it has`,
    found: current,
  });
}
