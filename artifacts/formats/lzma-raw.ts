/**
 * Decodes a raw stream of LZMA (Igor Pavlov's specification, lzma-specification.txt in the LZMA SDK): no header, properties known
 * beforehand. iPXE packs its programs for BIOS so (its util/zbin.c).
 */

export interface LzmaProperties {
  /** Bits of the byte before that choose how a literal is read. */
  readonly literalContext: number;
  /** Most bytes that are given back. */
  readonly limit: number;
}

const STATES = 12;
const TOP = 2 ** 24;
const HALF = 1024;
/** Bytes that one match repeats at most. */
const LONGEST = 273;

/** Decodes until the stream ends, the limit is reached, or what comes is no LZMA. @returns what was decoded until then */
export function decodeLzma(input: Uint8Array, { literalContext, limit }: LzmaProperties): Buffer {
  let output = Buffer.alloc(Math.min(limit, 2 ** 16));
  let at = 5;
  let range = 0xffffffff;
  let code = new DataView(input.buffer, input.byteOffset).getUint32(1);
  const table = (size: number) => new Uint16Array(size).fill(HALF);
  const trees = (count: number, bits: number) => Array.from({ length: count }, () => table(1 << bits));
  const bit = (probabilities: Uint16Array, index: number): number => {
    const probability = probabilities[index] as number;
    const bound = (range >>> 11) * probability;
    let result = 0;
    if (code < bound) {
      range = bound;
      probabilities[index] = probability + ((2048 - probability) >> 5);
    } else {
      range -= bound;
      code -= bound;
      probabilities[index] = probability - (probability >> 5);
      result = 1;
    }
    if (range < TOP) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | (input[at++] ?? 0)) >>> 0;
    }
    return result;
  };
  const tree = (probabilities: Uint16Array, bits: number): number => {
    let node = 1;
    for (let each = 0; each < bits; each += 1) node = (node << 1) | bit(probabilities, node);
    return node - (1 << bits);
  };
  const reversed = (probabilities: Uint16Array, offset: number, bits: number): number => {
    let node = 1;
    let value = 0;
    for (let each = 0; each < bits; each += 1) {
      const next = bit(probabilities, offset + node);
      node = (node << 1) | next;
      value |= next << each;
    }
    return value;
  };
  const direct = (bits: number): number => {
    let value = 0;
    for (let each = 0; each < bits; each += 1) {
      range >>>= 1;
      const next = code >= range ? 1 : 0;
      if (next === 1) code -= range;
      value = (value << 1) | next;
      if (range < TOP) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | (input[at++] ?? 0)) >>> 0;
      }
    }
    return value >>> 0;
  };
  const lengths = () => {
    const [choice, low, middle, high] = [table(2), table(8), table(8), table(256)] as const;
    return () => {
      if (bit(choice, 0) === 0) return tree(low, 3);
      return bit(choice, 1) === 0 ? 8 + tree(middle, 3) : 16 + tree(high, 8);
    };
  };
  const [isMatch, isRep, isRep0] = [table(STATES), table(STATES), table(STATES)] as const;
  const [isRep1, isRep2, isRepLong] = [table(STATES), table(STATES), table(STATES)] as const;
  const literals = trees(1 << literalContext, 10);
  const slots = trees(4, 6);
  const special = table(128);
  const align = table(16);
  const [matchLength, repLength] = [lengths(), lengths()];
  const repeats: [number, number, number, number] = [0, 0, 0, 0];
  let state = 0;
  let done = 0;
  while (done < limit && at <= input.length + 8) {
    if (done + LONGEST > output.length) output = Buffer.concat([output], output.length * 2);
    if (bit(isMatch, state) === 0) {
      const before = done === 0 ? 0 : (output[done - 1] as number);
      const probabilities = literals[before >> (8 - literalContext)] as Uint16Array;
      let symbol = 1;
      if (state >= 7) {
        let match = output[done - repeats[0] - 1] as number;
        while (symbol < 0x100) {
          const high = (match >> 7) & 1;
          match <<= 1;
          const next = bit(probabilities, ((1 + high) << 8) + symbol);
          symbol = (symbol << 1) | next;
          if (high !== next) break;
        }
      }
      while (symbol < 0x100) symbol = (symbol << 1) | bit(probabilities, symbol);
      output[done] = symbol & 0xff;
      done += 1;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length: number;
    if (bit(isRep, state) === 0) {
      repeats.pop();
      length = matchLength();
      const slot = tree(slots[Math.min(length, 3)] as Uint16Array, 6);
      let distance = slot;
      if (slot >= 4) {
        const bits = (slot >> 1) - 1;
        distance = ((2 | (slot & 1)) << bits) >>> 0;
        distance +=
          slot < 14
            ? reversed(special, distance - slot, bits)
            : direct(bits - 4) * 16 + reversed(align, 0, 4);
      }
      repeats.unshift(distance);
      state = state < 7 ? 7 : 10;
      if (distance === 0xffffffff) break;
    } else {
      if (done === 0) break;
      if (bit(isRep0, state) === 0) {
        if (bit(isRepLong, state) === 0) {
          if (repeats[0] >= done) break;
          output[done] = output[done - repeats[0] - 1] as number;
          done += 1;
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else {
        const which = bit(isRep1, state) === 0 ? 1 : bit(isRep2, state) === 0 ? 2 : 3;
        const [distance = 0] = repeats.splice(which, 1);
        repeats.unshift(distance);
      }
      length = repLength();
      state = state < 7 ? 8 : 11;
    }
    if (repeats[0] >= done) break;
    for (let left = length + 2; left > 0; left -= 1, done += 1)
      output[done] = output[done - repeats[0] - 1] as number;
  }
  return output.subarray(0, done);
}
