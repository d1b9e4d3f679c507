/** A client as a host remembers it, as `lunsmith.yaml` would say it: the site that reads it has the same facts again. */
import { isDeepStrictEqual } from 'node:util';
import { MENU_SECONDS, ONLY_IMAGE } from './client-facts.js';
import type { ClientText } from './client-schema.js';
import type { ClientFacts, ClientImage, Site } from './facts.js';

const MIB = 2 ** 20;
const UNITS = [
  [1024 * MIB, 'G'],
  [MIB, 'M'],
] as const;

/** What follows from the site, or is what a site has when nothing is said, is left out. */
export function clientEntry(
  facts: ClientFacts,
  { hosts, files: all }: Pick<Site, 'hosts' | 'files'>,
): ClientText {
  const { name, host, mac, serial, uuid, initiator, account, secret, prompts, address, follows } = facts;
  const prefix = hosts.find((each) => each.name === host)?.target.prefix;
  const { menuSeconds, images, files = [] } = facts;
  const own = files.filter((file) => !all.some((each) => isDeepStrictEqual(each, file)));
  return {
    ...(hosts.length === 1 ? {} : { host }),
    ...defined({ mac, serial, uuid }),
    ...(initiator === `${prefix}:client.${name}` ? {} : { initiator }),
    ...(account === name ? {} : { account }),
    ...imagesText(images),
    ...(menuSeconds === MENU_SECONDS ? {} : { 'menu-seconds': menuSeconds }),
    ...(follows === 'promote' ? {} : { follows }),
    secret: prompts === true ? `prompt:${secret}` : secret,
    ...(address === undefined ? {} : defined({ ...address })),
    ...(own.length === 0 ? {} : { files: own.map((file) => ({ ...file })) }),
  };
}

/** One image that has the name of the only one is written without a list. */
function imagesText(images: ClientFacts['images']): Partial<ClientText> {
  const [only, ...others] = images;
  if (others.length === 0 && only.name === ONLY_IMAGE && only.blank !== true) return followingText(only);
  return { images: images.map((each) => ({ name: each.name, ...imageText(each) })) };
}

function imageText(image: ClientImage) {
  if (image.blank !== true) return followingText(image);
  return { blank: sizeText(image.bytes ?? 0), ...defined({ installer: image.channel }) };
}

function followingText({ channel, bytes, boot, target }: ClientImage) {
  return {
    channel,
    ...(bytes === undefined ? {} : { size: sizeText(bytes) }),
    ...(boot === 'san' ? {} : { boot }),
    ...defined({ target }),
  };
}

function sizeText(bytes: number): string | number {
  const [size, unit] = UNITS.find(([each]) => bytes % each === 0) ?? [];
  return size === undefined ? bytes : `${bytes / size}${unit}`;
}

/** Without keys that say nothing. */
function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
