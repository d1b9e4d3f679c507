/** What `lunsmith explain` tells of a client. */

import { canonicalJson } from '../../base/digest.js';
import { Failure } from '../../base/failure.js';
import { didYouMean } from '../../base/suggest.js';
import { readState } from '../../hosts/apply.js';
import { explainClient, type Link } from '../../hosts/explain.js';
import type { HostState } from '../../hosts/host/state.js';
import { readReleaseThere } from '../../hosts/publish/releases-there.js';
import { startsOf } from '../../hosts/site/blank.js';
import type { ClientFacts, ClientImage } from '../../hosts/site/facts.js';
import type { OpenHost } from './open.js';

export interface ExplainedChain {
  readonly client: string;
  readonly host: string;
  readonly image: string;
  /** What it is told from. */
  readonly from: string;
  readonly notes: readonly string[];
  readonly links: readonly Link[];
}

/**
 * @param image whose boot is told; absent: the one that it boots next
 * @throws Failure of kind `usage` when it has no such image
 */
export async function explain(
  { host, adapter }: OpenHost,
  inSite: ClientFacts,
  image: string | undefined,
): Promise<ExplainedChain> {
  const state = await readState(host);
  const added = state.clients[inSite.name];
  const client = added?.facts ?? inSite;
  const chosen = chooseImage(client, image ?? added?.next);
  const known = added?.images[chosen.name];
  const generation = known?.generations.find(({ id }) => id === known.current);
  const release =
    generation?.release === undefined ? undefined : await readReleaseThere(host, generation.release);
  const links = explainClient({
    ...{ host: host.facts, lun: adapter.lun, client, image: chosen, next: added?.next, generation },
    manifest: release?.manifest,
  });
  return {
    ...{ client: client.name, host: host.facts.name, image: chosen.name, links },
    from: added === undefined ? 'told from the site alone' : `state ${state.serial} of ${host.facts.root}`,
    notes: notesOf(state, inSite, chosen, generation !== undefined),
  };
}

function chooseImage({ name, images }: ClientFacts, wanted: string | undefined): ClientImage {
  if (wanted === undefined) return images[0];
  const found = images.find((image) => startsOf(image).includes(wanted));
  if (found !== undefined) return found;
  throw new Failure('usage', {
    what: `The client ${name} has no image ${wanted}.`,
    ...didYouMean(wanted, images.flatMap(startsOf)),
  });
}

function notesOf({ clients }: HostState, site: ClientFacts, image: ClientImage, cloned: boolean): string[] {
  const there = clients[site.name]?.facts;
  if (there === undefined) {
    return [
      `${site.name} was not added to ${site.host} yet, so words in capitals such as GENERATION and DIGEST stand for what is not known. Run: npx lunsmith client add ${site.name}`,
    ];
  }
  return [
    ...(cloned
      ? []
      : [
          `No release was promoted to ${image.channel}: it stops at its settings. Run: npx lunsmith promote RELEASE ${image.channel}`,
        ]),
    ...(canonicalJson(there) === canonicalJson(site)
      ? []
      : [
          `The site says otherwise than the host, which is told here. Run: npx lunsmith client add ${site.name}`,
        ]),
  ];
}
