/** UUIDs as text and as bytes (RFC 9562). */
import { Failure } from '../../base/failure.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The 16 bytes of a UUID in the order of its text. @throws Failure of kind `usage` for anything else. */
export function uuidBytes(uuid: string): Buffer {
  if (!UUID.test(uuid)) {
    throw new Failure('usage', {
      what: 'A UUID is malformed.',
      expected: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hex digits',
      found: JSON.stringify(uuid),
    });
  }
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}
