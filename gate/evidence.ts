/** The folder that keeps what a cell showed: logs of the console and of every server, each line with its time. */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Redactor } from './redact.js';

export const CONSOLE_LOG = 'console.log';
/** All packets while the client runs; afterwards, without secrets, it is `network.pcap.gz`. */
export const CAPTURE = 'network.pcap';

export interface Evidence extends AsyncDisposable {
  readonly folder: string;
  path(name: string): string;
  /** Adds a line to a log, without its secrets, after the seconds since {@link start}. */
  log(name: string, line: string): void;
  /** Sets the zero of the time in the logs. */
  start(): void;
}

/** Opens an empty folder; an earlier cell's evidence in it is gone. */
export async function openEvidence(folder: string, redactor: Redactor): Promise<Evidence> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const logs = new Map<string, WriteStream>();
  let zero = performance.now();
  const path = (name: string) => join(folder, name);
  return {
    folder,
    path,
    start: () => {
      zero = performance.now();
    },
    log: (name, line) => {
      const stream = logs.get(name) ?? createWriteStream(path(name));
      logs.set(name, stream);
      const seconds = ((performance.now() - zero) / 1000).toFixed(2).padStart(8);
      stream.write(`${seconds}  ${redactor.text(line)}\n`);
    },
    [Symbol.asyncDispose]: async () => {
      const ends = [...logs.values()].map((stream) => new Promise<void>((done) => stream.end(() => done())));
      await Promise.all(ends);
      await redactor.file(path(CAPTURE));
      await compress(path(CAPTURE));
    },
  };
}

/** Headers of packets are much alike, and Wireshark reads the compressed file as it is. */
async function compress(path: string): Promise<void> {
  const absent = await access(path).then(
    () => false,
    () => true,
  );
  if (absent) return;
  await pipeline(createReadStream(path), createGzip({ level: 1 }), createWriteStream(`${path}.gz`));
  await rm(path);
}
