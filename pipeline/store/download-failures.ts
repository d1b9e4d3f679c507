/** Why a download failed, in the user's terms. */
import { Failure } from '../../base/failure.js';
import type { Download } from './download-request.js';

export function interrupted({ name }: Download): Failure {
  return new Failure('interrupted', { what: `Interrupted: could not download ${name}.` });
}

export function unreachable({ name, url }: Download, reason: Error, attempts: number): Failure {
  const { origin } = new URL(url);
  return new Failure(
    'network',
    {
      what: `Could not download ${name}.`,
      found: `${reason.message}, ${attempts} times, for ${url}`,
      hint: `See whether this machine reaches it (\`curl -I ${origin === 'null' ? url : origin}\`), or choose another mirror with \`--mirror URL\`. What has come is kept.`,
    },
    { cause: reason },
  );
}

export function gone({ name, url }: Download): Failure {
  return new Failure('network', {
    what: `${name} is gone from the mirror and not in the pool.`,
    found: `nothing at ${url}`,
    hint: 'Run `npx lunsmith lock RECIPE --update`, or choose a mirror that still has it with `--mirror URL`.',
  });
}

/** Of several places each says what it has instead; the first is the one that should have had it. */
export function refused([first, ...others]: readonly Failure[]): Failure {
  if (first === undefined) throw new Error('no place was asked');
  if (others.length === 0) return first;
  const [told] = first.diagnostics;
  const found = [first, ...others].map(({ diagnostics: [{ found = '', what }] }) => found || what);
  return new Failure(first.kind, { ...told, found: found.join('; ') }, { cause: first });
}

/** @param found what there is instead, as a phrase */
export function wrongContent({ name, url, bytes, sha256 }: Download, found: string): Failure {
  return new Failure('integrity', {
    what: `The mirror has another file for ${name} than its index says.`,
    expected: `${bytes} bytes with the sha256 ${sha256}`,
    found: `${found} at ${url}`,
    hint: 'The mirror may be broken, or a proxy answers in its place: choose another with `--mirror URL`.',
  });
}

export function diskFull({ name, file }: Download, cause: unknown): Failure {
  return new Failure(
    'space',
    {
      what: `The disk is full: could not download ${name}.`,
      found: `no space left for ${file}`,
      hint: 'Free space where the workspace is, or choose another with `--workspace`, then run the same command again.',
    },
    { cause },
  );
}
