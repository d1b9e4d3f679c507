/** lunsmith's own version, from its package.json, for manifests and `--version`. */
import { readFile } from 'node:fs/promises';

export async function lunsmithVersion(): Promise<string> {
  // From source it stands one folder up, from the compiled rooms two.
  const up = import.meta.url.includes('/dist/') ? '../../package.json' : '../package.json';
  const { version } = JSON.parse(await readFile(new URL(up, import.meta.url), 'utf8')) as { version: string };
  return version;
}
