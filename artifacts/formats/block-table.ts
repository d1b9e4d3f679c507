/** Where a digest stands in an image or a release: a hash table without an object for each of some hundred thousand blocks. */

export interface BlockTable {
  /** A block with this digest, which is not 0; -1 when there is none. */
  find(digest: bigint): number;
  /** Makes a digest known that is not. @throws RangeError when more are added than there was room asked for */
  add(digest: bigint, block: number): void;
}

/** @param room how many digests will be added */
export function createTable(room: number): BlockTable {
  const size = 2 ** Math.ceil(Math.log2(2 * room + 2));
  const keys = new BigUint64Array(size);
  const blocks = new Uint32Array(size);
  let count = 0;
  // The digests are those of a good hash function: some of their bits are as good as all.
  const slotOf = (digest: bigint) => {
    let slot = Number(BigInt.asUintN(32, digest)) & (size - 1);
    while (keys[slot] !== 0n && keys[slot] !== digest) slot = (slot + 1) & (size - 1);
    return slot;
  };
  return {
    find: (digest) => {
      const slot = slotOf(digest);
      return keys[slot] === 0n ? -1 : (blocks[slot] as number);
    },
    add: (digest, block) => {
      const slot = slotOf(digest);
      if (keys[slot] !== 0n) return;
      if (count === room) throw new RangeError(`There is room for ${room} digests.`);
      count += 1;
      keys[slot] = digest;
      blocks[slot] = block;
    },
  };
}
