/** OpenPGP keyrings (RFC 9580), as far as a first look tells them from other files. */

const PUBLIC_KEY = 6;
const ARMOUR = /^\s*-----BEGIN PGP PUBLIC KEY BLOCK-----/;

/** Whether a file begins with a public key, as packets or in ASCII armour. */
export function beginsWithPublicKey(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  // The tag of a packet, by its header's old and new form.
  const tag = (first & 0x40) === 0 ? (first >> 2) & 0x0f : first & 0x3f;
  if (first >= 0x80) return tag === PUBLIC_KEY;
  return ARMOUR.test(Buffer.from(bytes.subarray(0, 100)).toString('latin1'));
}
