/** UUIDs that follow from names: the same recipe gives the same disk, partitions and file systems, twice. */
import { createHash } from 'node:crypto';

/** The name space of all our UUIDs: UUIDv5 of the DNS name `lunsmith.invalid` (RFC 9562, section 6.6). */
const NAMESPACE = uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'lunsmith.invalid');

/** UUID version 5 (RFC 9562, section 5.5), lower case. */
export function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The UUID of a thing in a recipe, e.g. `filesystem/root`: stable from the recipe's name and the thing's, lower case. */
export function recipeUuid(recipeName: string, name: string): string {
  return uuidV5(uuidV5(NAMESPACE, recipeName), name);
}

/** The volume id of a FAT file system, `XXXX-XXXX` upper case, stable as {@link recipeUuid}. */
export function recipeFatId(recipeName: string, name: string): string {
  const hex = recipeUuid(recipeName, name).slice(0, 8).toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
}
