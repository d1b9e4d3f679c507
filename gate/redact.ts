/** Takes secrets out of everything that is kept or shown. */
import { open } from 'node:fs/promises';

export interface Redactor {
  text(line: string): string;
  /** Overwrites the secrets in a file, its length unchanged. A missing file is none. */
  file(path: string): Promise<void>;
}

const CHUNK = 1 << 20;

/** @param secrets texts of at least 8 characters, so that nothing else is hidden */
export function createRedactor(secrets: readonly string[]): Redactor {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return {
    text: (line) => longestFirst.reduce((text, secret) => text.replaceAll(secret, '********'), line),
    file: (path) =>
      overwrite(
        path,
        longestFirst.map((secret) => Buffer.from(secret)),
      ),
  };
}

async function overwrite(path: string, secrets: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'r+').catch(() => undefined);
  if (file === undefined) return;
  try {
    // Chunks overlap, so that a secret across their border is seen whole once.
    const overlap = Math.max(0, ...secrets.map((secret) => secret.length - 1));
    const buffer = Buffer.alloc(CHUNK + overlap);
    for (let start = 0; ; start += CHUNK) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      const chunk = buffer.subarray(0, bytesRead);
      for (const secret of secrets) {
        for (let at = chunk.indexOf(secret); at !== -1; at = chunk.indexOf(secret, at + 1)) {
          chunk.fill('*', at, at + secret.length);
          await file.write(chunk, at, secret.length, start + at);
        }
      }
      if (bytesRead < buffer.length) return;
    }
  } finally {
    await file.close();
  }
}
