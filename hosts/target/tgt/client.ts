/** Sends requests to a running tgtd over its management socket. */
import { createConnection } from 'node:net';
import { Failure } from '../../../base/failure.js';
import { answerBytes, decodeAnswer, encodeRequest, type TgtAnswer, type TgtRequest } from './protocol.js';

/** Code of the error when the connection is closed and nothing was said: a socket that is forwarded takes every connection. */
export const NO_ANSWER = 'ENOANSWER';

/** Seconds; tgtd answers at once, unless its host is stuck. */
const ANSWER_TIMEOUT = 20;

/**
 * One request and its answer's text.
 * @param socket path of the socket, at most 107 bytes (unix(7))
 * @param doing verb phrase for the error message: `bind the account`
 * @throws Failure of kind `tool` when tgtd refuses or does not answer
 */
export async function askTgtd(socket: string, request: TgtRequest, doing: string): Promise<string> {
  let answer: TgtAnswer;
  try {
    answer = decodeAnswer(await exchange(socket, encodeRequest(request)));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw refusal(doing, (error as Error).message, error);
  }
  if (answer.error !== undefined) throw refusal(doing, answer.error);
  return answer.text;
}

function refusal(doing: string, found: string, cause?: unknown): Failure {
  return new Failure(
    'tool',
    { what: `Could not ${doing}.`, found: `tgtd: ${found}` },
    cause === undefined ? {} : { cause },
  );
}

function exchange(path: string, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const socket = createConnection({ path });
    socket.setTimeout(ANSWER_TIMEOUT * 1000, () => {
      socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT} s`));
    });
    socket.on('connect', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < (answerBytes(received) ?? Number.POSITIVE_INFINITY)) return;
      socket.destroy();
      resolve(received);
    });
    socket.on('error', reject);
    socket.on('close', () =>
      reject(Object.assign(new Error('it closed the connection without an answer'), { code: NO_ANSWER })),
    );
  });
}
