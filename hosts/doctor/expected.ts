/** What the files of a target host shall be: rendered anew from its state, and compared with what lies there. */
import { hash } from 'node:crypto';
import type { BootBinaries } from '../../artifacts/formats/ipxe-binaries.js';
import { offeredLuns } from '../apply/offered.js';
import type { BootFile, BootFilesInput, ClientAccount } from '../boot-files/boot-file.js';
import { confFiles, httpFiles, tftpFiles } from '../boot-files.js';
import type { HostState } from '../host/state.js';
import type { HostFacts } from '../site/facts.js';
import { portalsOf } from '../site/portal.js';
import type { TargetAdapter } from '../target/adapter.js';

export interface ExpectedFolder {
  /** Relative to the root. */
  readonly folder: string;
  readonly files: readonly BootFile[];
}

export interface ExpectedFiles {
  readonly http: ExpectedFolder;
  readonly tftp: ExpectedFolder;
  readonly conf: ExpectedFolder;
}

/** @throws Failure of kind `usage` as the files' makers do */
export function expectedFiles(
  facts: HostFacts,
  state: HostState,
  accounts: ReadonlyMap<string, ClientAccount>,
  {
    adapter,
    binaries,
    manifests,
  }: {
    readonly adapter: TargetAdapter;
    readonly binaries: BootBinaries | undefined;
    readonly manifests: BootFilesInput['manifests'];
  },
): ExpectedFiles {
  const input = { host: facts, state, manifests, lun: adapter.lun, secrets: accounts };
  const targets = adapter
    .render(offeredLuns(facts, state, accounts), portalsOf(facts))
    .map(({ name, text }): BootFile => ({ path: name, content: { text }, secret: true }));
  return {
    http: { folder: `states/${state.serial}/http`, files: httpFiles(input) },
    tftp: { folder: 'tftp', files: tftpFiles(input, binaries) },
    conf: { folder: 'conf', files: [...confFiles(input), ...targets] },
  };
}

export function sha256Of(content: Exclude<BootFile['content'], { readonly link: string }>): string {
  return hash('sha256', 'text' in content ? content.text : content.bytes);
}
