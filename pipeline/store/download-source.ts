/** The bytes of a URL from some place on: `http:`, `https:` and `file:`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../base/failure.js';
import { gone, wrongContent } from './download-failures.js';
import type { Download } from './download-request.js';

/** An attempt that may succeed when it is made again. */
export class Interruption extends Error {}

/** What came of an earlier attempt is of no use. */
export class BeginAnew extends Interruption {}

export interface Source {
  readonly body: AsyncIterable<Uint8Array>;
  /** The first byte's place in the file. */
  readonly from: number;
}

/**
 * Opens a URL, from `before` on if the server lets us.
 * @throws Failure when the server says that asking again is of no use, else Interruption
 */
export async function openSource(what: Download, before: number, signal: AbortSignal): Promise<Source> {
  if (what.url.startsWith('file:')) {
    const path = fileURLToPath(what.url);
    const { size } = await stat(path).catch((error: unknown) => {
      throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? gone(what) : error;
    });
    if (size !== what.bytes) throw wrongContent(what, `${size} bytes`);
    return { body: createReadStream(path, { start: before, signal }), from: before };
  }
  // Packages are compressed already, and a range is one of the bytes that are hashed.
  const headers = {
    'accept-encoding': 'identity',
    ...(what.authorization === undefined ? {} : { authorization: what.authorization }),
    ...(before > 0 ? { range: `bytes=${before}-` } : {}),
  };
  const answer = await fetch(what.url, { headers, signal });
  const { status, body } = answer;
  if ((status === 200 || status === 206) && body !== null) {
    const from = status === 206 ? before : 0;
    try {
      checkHeaders(what, answer, from);
    } catch (error) {
      await body.cancel();
      throw error;
    }
    return { body: body as unknown as AsyncIterable<Uint8Array>, from };
  }
  await body?.cancel();
  if (status === 404 || status === 410) throw gone(what);
  if (status === 416) throw new BeginAnew('the server has less than had come before');
  if (status >= 500 || status === 408 || status === 429) throw new Interruption(`HTTP status ${status}`);
  throw new Failure('network', {
    what: `Could not download ${what.name}: the server refuses.`,
    found: `HTTP status ${status} for ${what.url}`,
    hint:
      status === 401 || status === 403
        ? 'It asks who you are: give the step that names the archive a reference to user and password, if it has an option `auth`, or choose another mirror with `--mirror URL`.'
        : 'Choose another mirror with `--mirror URL`.',
  });
}

function checkHeaders(what: Download, { status, headers }: Response, from: number): void {
  const range = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  if (status === 206 && Number(range ?? Number.NaN) !== from)
    throw new BeginAnew('the server sent another range than was asked for');
  const length = headers.get('content-length');
  if (length === null || from + Number(length) === what.bytes) return;
  if (from > 0) throw new BeginAnew('the server has another size than before');
  throw wrongContent(what, `${length} bytes`);
}
