/**
 * The management protocol of tgtd, the user-space iSCSI target of Debian's package `tgt`: one request and one answer
 * over a unix socket, as `usr/tgtadm.h` and `usr/mgmt.c` of tgt 1.0.x define them. Speaking it ourselves keeps CHAP
 * secrets out of tgtadm's command line.
 */
import { endianness } from 'node:os';
import { Failure } from '../../../base/failure.js';

/** `enum tgtadm_op` */
const OPERATIONS = { new: 0, delete: 1, show: 2, bind: 3, unbind: 4, update: 5, stat: 6 } as const;
/** `enum tgtadm_mode` */
const MODES = { system: 0, target: 1, 'logical-unit': 2, portal: 3, account: 7 } as const;

/** `enum tgtadm_errno` in words, from 1 on; 0 is success. */
const ERRORS = [
  'unknown error',
  'out of memory',
  'no such driver',
  'no such target',
  'no such logical unit',
  'no such session',
  'no such connection',
  'no such binding',
  'the target exists already',
  'the logical unit exists already',
  'the binding exists already',
  'the access rule exists already',
  'no such access rule',
  'the account exists already',
  'no such account',
  'too many accounts',
  'invalid request',
  'the target has an outgoing account already',
  'the target is still in use',
  'the logical unit is still in use',
  'the driver is still in use',
  'the operation is not supported',
  'unknown parameter',
  'the medium must not be removed',
] as const;

/** Bytes of `struct tgtadm_req`: 32-bit fields and a name of 64, then 64-bit fields at their natural alignment. */
const REQUEST_BYTES = 120;
const DRIVER_BYTES = 64;
/** Bytes of `struct tgtadm_rsp`. */
const ANSWER_BYTES = 8;
/** tgtd refuses longer parameters (`MAX_MGT_BUFSIZE`). */
const MAX_PARAMETER_BYTES = 8 * 1024;

export interface TgtRequest {
  readonly operation: keyof typeof OPERATIONS;
  readonly mode: keyof typeof MODES;
  /** Target id from 1 on; -1, the default, means all of them. */
  readonly target?: number;
  readonly lun?: number;
  /** End open sessions too. Default false. */
  readonly force?: boolean;
  /** `key=value,…` as tgtd parses it. */
  readonly parameters?: string;
}

/** A request's bytes. @throws Failure of kind `usage` for parameters that tgtd cannot take */
export function encodeRequest(request: TgtRequest): Buffer {
  const parameters = encodeParameters(request.parameters);
  const head = Buffer.alloc(REQUEST_BYTES);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const little = endianness() === 'LE';
  view.setUint32(0, MODES[request.mode], little);
  view.setUint32(4, OPERATIONS[request.operation], little);
  head.write('iscsi', 8, 'latin1');
  const after = 8 + DRIVER_BYTES;
  view.setUint32(after, REQUEST_BYTES + parameters.length, little);
  view.setInt32(after + 4, request.target ?? -1, little);
  view.setBigUint64(after + 16, BigInt(request.lun ?? 0), little);
  view.setUint32(after + 44, request.force === true ? 1 : 0, little);
  return Buffer.concat([head, parameters]);
}

function encodeParameters(text: string | undefined): Buffer {
  if (text === undefined) return Buffer.alloc(0);
  const bytes = Buffer.from(`${text}\0`);
  if (text.includes('\0') || bytes.length > MAX_PARAMETER_BYTES) {
    throw new Failure('usage', {
      what: 'The parameters of a request to tgtd cannot be sent.',
      expected: `text without NUL of less than ${MAX_PARAMETER_BYTES} bytes`,
      found: `${bytes.length - 1} bytes`,
    });
  }
  return bytes;
}

export type TgtAnswer =
  | { readonly text: string; readonly error?: undefined }
  | { readonly error: string; readonly text?: undefined };

/** The answer's length in all, or undefined while its head is not complete. */
export function answerBytes(received: Buffer): number | undefined {
  return received.length < ANSWER_BYTES ? undefined : readUint32(received, 4);
}

/** @param received the whole answer */
export function decodeAnswer(received: Buffer): TgtAnswer {
  const error = readUint32(received, 0);
  if (error !== 0) return { error: ERRORS[error - 1] ?? `error ${error}` };
  return { text: received.toString('utf8', ANSWER_BYTES).replace(/\0+$/, '') };
}

function readUint32(bytes: Buffer, offset: number): number {
  return endianness() === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
}
