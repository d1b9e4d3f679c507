import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerBytes, decodeAnswer, encodeRequest } from '../../../../hosts/target/tgt/protocol.js';

describe('encodeRequest', () => {
  it('lays the request out as struct tgtadm_req', () => {
    const bytes = encodeRequest({
      operation: 'new',
      mode: 'logical-unit',
      target: 3,
      lun: 1,
      parameters: 'path=/d',
    });
    expect(bytes.length).toBe(120 + 8);
    expect([0, 4, 72, 76, 96, 100, 104, 108, 112, 116].map((at) => bytes.readUInt32LE(at))).toEqual([
      2, 0, 128, 3, 0, 0, 0, 0, 0, 0,
    ]);
    expect(bytes.toString('latin1', 8, 72)).toBe('iscsi'.padEnd(64, '\0'));
    expect([80, 88].map((at) => bytes.readBigUInt64LE(at))).toEqual([0n, 1n]);
    expect(bytes.toString('latin1', 120)).toBe('path=/d\0');
  });

  it.each([
    [{ operation: 'show', mode: 'target' }, [1, 2, 120, -1, 0]],
    [{ operation: 'delete', mode: 'system' }, [0, 1, 120, -1, 0]],
    [{ operation: 'delete', mode: 'target', target: 1, force: true }, [1, 1, 120, 1, 1]],
    [{ operation: 'bind', mode: 'account', target: 1, parameters: 'user=u' }, [7, 3, 127, 1, 0]],
  ] as const)('numbers mode and operation of %j', (request, numbers) => {
    const bytes = encodeRequest(request);
    expect([0, 4, 72, 76, 116].map((at) => bytes.readInt32LE(at))).toEqual(numbers);
  });

  it('refuses parameters that do not fit, and does not show them', () => {
    const secret = 's'.repeat(9000);
    expect(() =>
      encodeRequest({ operation: 'new', mode: 'account', parameters: `password=${secret}` }),
    ).toThrow(
      expect.objectContaining({
        kind: 'usage',
        diagnostics: [
          {
            what: 'The parameters of a request to tgtd cannot be sent.',
            expected: 'text without NUL of less than 8192 bytes',
            found: '9009 bytes',
          },
        ],
      }),
    );
  });
});

describe('decodeAnswer', () => {
  const answer = (error: number, text: string) => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(error, 0);
    head.writeUInt32LE(8 + Buffer.byteLength(text), 4);
    return Buffer.concat([head, Buffer.from(text)]);
  };

  it.each([
    [0, 'Target 1: a\n\0', { text: 'Target 1: a\n' }],
    [4, '', { error: 'no such target' }],
    [9, '', { error: 'the target exists already' }],
    [24, '', { error: 'the medium must not be removed' }],
    [99, '', { error: 'error 99' }],
  ])('reads error %i with %j', (error, text, expected) => {
    expect(decodeAnswer(answer(error, text))).toEqual(expected);
  });

  it('knows the length as soon as the head is there', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(7), (text, short) => {
        const whole = answer(0, text);
        expect(answerBytes(whole.subarray(0, short))).toBeUndefined();
        expect(answerBytes(whole.subarray(0, 8))).toBe(whole.length);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});
