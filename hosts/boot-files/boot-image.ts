/** An image that a client may boot. */
import type { Generation } from '../host/state.js';
import type { ClientImage } from '../site/facts.js';

/** An image that the client can boot now. */
export interface BootImage {
  readonly image: ClientImage;
  readonly generation: Generation;
}
