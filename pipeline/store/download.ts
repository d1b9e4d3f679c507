/**
 * One file from a URL to a place on the disk, checked while it comes: a download that was cut short goes on where it ended,
 * and the file gets its name only when it is whole and right.
 */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../base/failure.js';
import { diskFull, interrupted, refused, unreachable, wrongContent } from './download-failures.js';
import type { Download, Place } from './download-request.js';
import { BeginAnew, Interruption, openSource } from './download-source.js';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Bytes that have come so far, those of an earlier attempt included; may become fewer when it begins anew. */
  readonly onBytes: (done: number) => void;
  /** Milliseconds without a byte after which an attempt is given up. */
  readonly patience?: number;
  /** Milliseconds before the second attempt; twice as many before the third. */
  readonly pause?: number;
  /** Hears of URLs whose server did not answer, or broke off. */
  readonly onSilence?: (url: string) => void;
}

const ATTEMPTS = 3;
const PATIENCE_MS = 20_000;
const PAUSE_MS = 500;

/**
 * Each attempt asks all places that have not refused, until one of them hands the file out.
 * @throws Failure of kind `network`, `integrity`, `space` or `interrupted`
 */
export async function download(what: Download, options: DownloadOptions): Promise<void> {
  await mkdir(dirname(what.file), { recursive: true });
  const refusals: Failure[] = [];
  let places: readonly Place[] = [what, ...(what.others ?? [])];
  for (let attempt = 1; ; attempt += 1) {
    const silent: Silence[] = [];
    for (const place of places) {
      const refusal = await askOnce({ ...what, ...place }, options);
      if (refusal === undefined) return;
      if (refusal instanceof Failure) refusals.push(refusal);
      else silent.push({ place, reason: refusal });
    }
    if (silent.length === 0) throw refused(refusals);
    if (attempt >= ATTEMPTS) {
      const told = silent.map(({ place, reason }) => unreachable({ ...what, ...place }, reason, ATTEMPTS));
      throw refused([...told, ...refusals]);
    }
    places = silent.map(({ place }) => place);
    const pause = (options.pause ?? PAUSE_MS) * 2 ** (attempt - 1);
    await delay(pause, undefined, { signal: options.signal }).catch(() => undefined);
    if (options.signal.aborted) throw interrupted(what);
  }
}

interface Silence {
  readonly place: Place;
  readonly reason: Interruption;
}

/** @returns why this place does not hand the file out, an Interruption where asking again may help; undefined once it is there */
async function askOnce(
  what: Download,
  options: DownloadOptions,
): Promise<Failure | Interruption | undefined> {
  try {
    await attemptOnce(what, options);
    return undefined;
  } catch (error) {
    if (options.signal.aborted) throw interrupted(what);
    if (error instanceof BeginAnew) await rm(`${what.file}.partial`, { force: true });
    if (error instanceof Interruption) {
      options.onSilence?.(what.url);
      return error;
    }
    if (error instanceof Failure && (error.kind === 'network' || error.kind === 'integrity')) return error;
    throw error;
  }
}

async function attemptOnce(what: Download, options: DownloadOptions): Promise<void> {
  const partial = `${what.file}.partial`;
  const hash = createHash('sha256');
  const before = await hashPartial(partial, what.bytes, hash);
  options.onBytes(before);
  const resumed = before > 0;
  const found =
    before === what.bytes ? { bytes: before, hash } : await receive(what, { partial, before, hash }, options);
  if (found.bytes < what.bytes)
    throw new Interruption(`the connection ended after ${found.bytes} of ${what.bytes} bytes`);
  const digest = found.hash.digest('hex');
  if (digest === what.sha256 && found.bytes === what.bytes) {
    await rename(partial, what.file);
    return;
  }
  await rm(partial, { force: true });
  // What an earlier attempt left may be what is wrong.
  if (resumed) throw new Interruption('what an earlier download left did not fit');
  const tooMuch = found.bytes > what.bytes;
  throw wrongContent(
    what,
    tooMuch ? `more than ${what.bytes} bytes` : `${found.bytes} bytes with the sha256 ${digest}`,
  );
}

/** Feeds what an earlier attempt left to the hash; its length. More than the file has is no part of it. */
async function hashPartial(partial: string, most: number, hash: Hash): Promise<number> {
  const size = await stat(partial).then(
    (facts) => facts.size,
    () => 0,
  );
  if (size === 0) return 0;
  if (size > most) {
    await rm(partial, { force: true });
    return 0;
  }
  for await (const chunk of createReadStream(partial)) hash.update(chunk as Buffer);
  return size;
}

interface Progress {
  readonly partial: string;
  readonly before: number;
  readonly hash: Hash;
}

/** Appends what comes; stops at the first byte too many. */
async function receive(
  what: Download,
  { partial, before, hash }: Progress,
  options: DownloadOptions,
): Promise<{ bytes: number; hash: Hash }> {
  const idle = new AbortController();
  const patience = options.patience ?? PATIENCE_MS;
  const timer = setTimeout(
    () => idle.abort(new Interruption(`no byte came for ${patience / 1000} s`)),
    patience,
  );
  const signal = AbortSignal.any([options.signal, idle.signal]);
  try {
    const { body, from } = await openSource(what, before, signal);
    const state = from === before ? { bytes: before, hash } : { bytes: 0, hash: createHash('sha256') };
    await using file = await openPartial(partial, state.bytes > 0 ? 'a' : 'w');
    for await (const chunk of body) {
      timer.refresh();
      state.bytes += chunk.byteLength;
      state.hash.update(chunk);
      if (state.bytes > what.bytes) break;
      await file.handle.write(chunk);
      options.onBytes(state.bytes);
    }
    return state;
  } catch (error) {
    if (error instanceof Failure || error instanceof Interruption) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(what, error);
    if (isOfDisk(error)) throw error;
    throw idle.signal.aborted ? (idle.signal.reason as Interruption) : new Interruption(reasonOf(error));
  } finally {
    clearTimeout(timer);
  }
}

async function openPartial(path: string, flags: string) {
  const handle = await open(path, flags, 0o644);
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}

/** Errors of the file that is written, not of the connection. */
function isOfDisk(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && (syscall === 'open' || syscall === 'write');
}

/** fetch() says `fetch failed`, its cause says why. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  const { code } = inner as NodeJS.ErrnoException;
  return inner.message === '' ? (code ?? inner.name) : inner.message;
}
