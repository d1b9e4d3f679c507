/** The archive that a client's initramfs takes its target and account from, where no iBFT tells them: direct boot, Raspberry Pis. */
import { type ClientPartFile, clientPartEntries } from '../../artifacts/formats/client-part.js';
import { initiatorCpio } from '../../artifacts/formats/open-iscsi.js';
import type { Manifest } from '../../artifacts/release/manifest.js';
import { Failure } from '../../base/failure.js';
import type { ClientState, Generation } from '../host/state.js';
import type { ClientFacts, HostFacts } from '../site/facts.js';
import { portalsOf } from '../site/portal.js';
import type { ClientAccount } from './boot-file.js';
import { hasPaths } from './paths.js';

/** It holds the client's secret. */
export function clientArchive(
  host: HostFacts,
  { facts }: ClientState,
  { target }: Generation,
  { account, manifest }: { readonly account: ClientAccount; readonly manifest: Manifest | undefined },
): Buffer {
  const { user, secret } = account;
  const portals = portalsOf(host);
  const [{ address: server, port }] = portals;
  const paths = hasPaths(host, manifest) ? { portals: portals.map(({ address }) => address) } : {};
  return initiatorCpio(
    { initiator: facts.initiator, target, server, ...paths, port, user, secret },
    clientPartEntries(facts.name, filesOf(facts, account)),
  );
}

function filesOf({ name, files = [] }: ClientFacts, { files: contents }: ClientAccount): ClientPartFile[] {
  return files.map(({ path, owner, mode }) => {
    const content = contents?.[path];
    if (content !== undefined) return { path, owner, mode, content: Buffer.from(content, 'base64') };
    throw new Failure('usage', {
      what: `The content of ${path} of the client ${name} is not on its target host.`,
      hint: `Bring it there again: npx lunsmith client add ${name}`,
    });
  });
}
