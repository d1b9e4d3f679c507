/** A client gets a LUN back that was kept outside of its host. */
import { Failure } from '../../base/failure.js';
import { hasInstaller } from '../site/blank.js';
import type { ClientImage } from '../site/facts.js';
import { isArray } from '../site/portal.js';
import { keeps } from './aside.js';
import type { Draft } from './draft.js';
import { currentOf, freshClone, takeOver } from './generations.js';
import type { KeptLun } from './intent.js';
import { inMaintenance, isMaintained } from './maintenance.js';
import { mebibytes, releaseName } from './names.js';
import { requireImage, requireNoSession, requireRelease, unknownClient } from './refusals.js';

interface Wanted {
  readonly client: string;
  readonly image?: string;
  readonly lun: KeptLun;
  readonly purge?: true;
}

/** The LUN that it has goes the way of one that is reset. What a promotion does to the restored one is what it does to any. */
export function restore(draft: Draft, { client, image: wanted, lun, purge }: Wanted): void {
  const { about, channels, clients, lines } = draft;
  const state = clients.get(client);
  if (state === undefined) throw unknownClient(draft, client);
  const name = wanted ?? lun.image;
  requireImage(state.facts, name);
  const image = state.facts.images.find((each) => each.name === name) ?? state.facts.images[0];
  if (isMaintained(state, image)) throw inMaintenance(client, image, 'get another LUN');
  const refused = refusal(draft, client, image, lun);
  if (refused !== undefined) throw refused;
  // Beside what installed itself stands the newest installer, if any.
  const channel = hasInstaller(image) ? channels.get(image.channel ?? '') : undefined;
  const alone = image.blank === true && !hasInstaller(image);
  const digest = alone ? undefined : (channel?.release ?? lun.release?.digest);
  const release = digest === undefined ? undefined : requireRelease(draft, digest, lun.release?.recipe);
  if (image.blank !== true && release?.manifest.disk.overlay !== undefined)
    throw neverWritten(client, image, releaseName(draft, digest));
  const current = currentOf(state.images[name]);
  if (current !== undefined) requireNoSession(draft, client, [current], `restore ${name} of ${client}`);
  const of =
    image.blank === true ? `a LUN of ${mebibytes(lun.bytes)}` : `a LUN of ${releaseName(draft, digest)}`;
  const fate = keeps(about.host) && purge !== true ? 'can be brought back' : 'is thrown away';
  const leaves = current === undefined ? '' : `; what was written to ${current.id} ${fate}`;
  lines.push(
    `client ${client}: its next boot of ${name} is ${of} with what was exported of ${lun.client}${leaves}`,
  );
  const fresh = freshClone(draft, client, image, release, lun);
  takeOver(draft, { client, image: name }, fresh, {
    former: 'discard',
    ...(purge === true ? { purge } : {}),
  });
}

function refusal({ about }: Draft, client: string, image: ClientImage, lun: KeptLun): Failure | undefined {
  const refuse = (expected: string, found: string, hint: string) =>
    new Failure('usage', {
      what: `${image.name} of ${client} cannot be restored from this file.`,
      expected,
      found,
      hint,
    });
  if (isArray(about.host))
    return refuse(
      'a host whose LUNs lunsmith makes',
      'a LUN of a storage array',
      'Restore it by the means of the array, from a copy that was made there.',
    );
  if ((image.blank === true) === lun.blank) return undefined;
  const kind = (blank: boolean) =>
    blank ? 'a LUN that has begun with nothing on it (`blank`)' : 'a clone of a release';
  return refuse(
    kind(image.blank === true),
    `${lun.image} of ${lun.client}, ${kind(lun.blank)}`,
    `Name another image of ${client}, or write one of that kind into lunsmith.yaml.`,
  );
}

function neverWritten(client: string, { name }: ClientImage, release: string): Failure {
  return new Failure('usage', {
    what: `${name} of ${client} cannot be restored: all clients of ${release} share its image, which none writes to (\`overlay\`).`,
    expected: 'a LUN of its own',
    found: 'one with `overlay`',
  });
}
