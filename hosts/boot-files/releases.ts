/** Which parts of which releases the HTTP server shows. */

import type { HostState } from '../host/state.js';
import type { BootFile } from './boot-file.js';

/** Never the disk: clients have clones of it, which they reach over iSCSI. */
const PARTS = ['boot', 'initrd.img', 'vmlinuz'];
/** From `<root>/states/<serial>/http/releases/<digest>/` to `<root>`. */
const TO_ROOT = '../../../../..';

/** Every release that a channel is at or that a client has a clone of. */
export function releaseFiles({ channels, clients }: HostState): BootFile[] {
  const ofChannels = Object.values(channels).map(({ release }) => release);
  const ofClients = Object.values(clients)
    .flatMap(({ images }) => Object.values(images))
    .flatMap(({ generations }) => generations.map(({ release }) => release));
  return [...new Set([...ofChannels, ...ofClients])].flatMap((digest) =>
    PARTS.map((part) => {
      const path = `releases/${digest}/${part}`;
      return { path, content: { link: `${TO_ROOT}/${path}` }, secret: false };
    }),
  );
}
