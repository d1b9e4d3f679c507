/** Why something is not done. */

import type { BootMethod } from '../../artifacts/platform/platform.js';
import { proofLack } from '../../artifacts/release/proof.js';
import { type Diagnostic, Failure } from '../../base/failure.js';
import type { Generation } from '../host/state.js';
import type { ReleaseThere } from '../publish/releases-there.js';
import { startsOf } from '../site/blank.js';
import type { ClientFacts, ClientImage } from '../site/facts.js';
import { cellsAsked } from '../site/gate-cells.js';
import type { Draft } from './draft.js';
import { listed, mebibytes, releaseName, short } from './names.js';

export function requireChannel({ about }: Draft, channel: string): void {
  if (about.channels.includes(channel)) return;
  throw new Failure('usage', {
    what: `There is no channel ${channel}.`,
    expected: about.channels.length === 0 ? 'a channel of the site' : `one of ${listed(about.channels)}`,
    found: channel,
    hint: 'Add it to `channels` of lunsmith.yaml if it shall exist.',
  });
}

export function requireRelease({ about }: Draft, digest: string, recipe?: string): ReleaseThere {
  const found = about.releases.get(digest);
  if (found !== undefined) return found;
  const name = recipe === undefined ? short(digest) : `${recipe}@${short(digest)}`;
  throw new Failure('usage', {
    what: `The release ${name} is not on ${about.host.name}.`,
    hint: `Send it: npx lunsmith publish out/${recipe ?? 'RECIPE'}/releases/${digest} --to ${about.host.name}`,
  });
}

/** A release may be promoted with what the host's gate demands, proven of this very release. */
export function requireProofs(draft: Draft, { digest, proofs, manifest }: ReleaseThere): void {
  const { host } = draft.about;
  const gate = cellsAsked(host.gate, manifest);
  const lacking = gate.flatMap((cell) => {
    const lack = proofLack(cell, digest, proofs);
    return lack === undefined ? [] : [`${cell}: ${lack}`];
  });
  if (lacking.length === 0) return;
  throw new Failure('proof', {
    what: `${releaseName(draft, digest)} may not be promoted on ${host.name}: it is not proven.`,
    expected: `a passed proof of ${listed(gate)}`,
    found: lacking.join('; '),
    hint: `Prove it, then publish it again: npx lunsmith prove out/${manifest.recipe.name}/releases/${digest} --for ${host.name}`,
  });
}

export function unknownClient({ about, clients }: Draft, client: string): Failure {
  const names = [...clients.keys()];
  return new Failure('usage', {
    what: `There is no client ${client} on ${about.host.name}.`,
    expected: names.length === 0 ? 'a client; it has none' : `one of ${listed(names)}`,
    found: client,
    hint: `If the site has it, put it there: npx lunsmith client add ${client}`,
  });
}

export function requireImage(facts: ClientFacts, image: string): void {
  requireNamed(
    facts,
    facts.images.map(({ name }) => name),
    image,
  );
}

/** @param start an image, or the installer of one */
export function requireStart(facts: ClientFacts, start: string): void {
  requireNamed(facts, facts.images.flatMap(startsOf), start);
}

function requireNamed({ name }: ClientFacts, names: readonly string[], wanted: string): void {
  if (names.includes(wanted)) return;
  throw new Failure('usage', {
    what: `The client ${name} has no image ${wanted}.`,
    expected: `one of ${listed(names)}`,
    found: wanted,
  });
}

/** Of an image whose channel has no release. */
export function noClone({ about }: Draft, client: string, { name, channel }: ClientImage): Failure {
  return new Failure('usage', {
    what: `${name} of ${client} has no clone yet.`,
    expected: `a release on the channel ${channel} of ${about.host.name}`,
    found: 'none',
    hint: `Promote one: npx lunsmith promote RELEASE ${channel} --on ${about.host.name}`,
  });
}

/** A LUN with a session is not taken away. @param doing what is wanted: `reset web1` */
export function requireNoSession(
  { about }: Draft,
  client: string,
  doomed: readonly Generation[],
  doing: string,
): void {
  const session = about.sessions.find(({ target }) => doomed.some((each) => each.target === target));
  if (session === undefined) return;
  throw new Failure('usage', {
    what: `Cannot ${doing}: ${client} is running from it.`,
    expected: `no session with ${session.target}`,
    found: `a session of ${session.initiator}`,
    hint: `Shut ${client} down, wait until its target misses it (a minute with LIO), then run the same command again.`,
  });
}

/**
 * Firmware that boots nothing of a release says so to nobody, and no script of a client can boot what a release lacks.
 * @param methods by which the release boots @param platform of the release, by all methods of its machines
 */
export function requireMethod(
  others: readonly { readonly client: string; readonly image: string; readonly boot: BootMethod }[],
  release: {
    readonly name: string;
    readonly methods: readonly BootMethod[];
    readonly platform: readonly BootMethod[];
  },
): void {
  const methods = release.methods.map((method) => `\`boot: ${method}\``).join(' or ');
  const diagnostics = others.map(({ client, image, boot }) => ({
    what: `${client} cannot boot ${release.name}: ${release.platform.includes(boot) ? `it offers no ${boot} boot` : 'it is for another kind of machine'}.`,
    expected: `${methods} for the image ${image} of ${client}, or another channel`,
    found: `\`boot: ${boot}\``,
    hint: `Change it in lunsmith.yaml, then run: npx lunsmith client add ${client}`,
  }));
  const [first, ...rest] = diagnostics;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

/** Of LUNs that cannot hold what the release puts, or lets a system put, on them. */
export function requireRoom(
  lacking: readonly {
    readonly client: string;
    readonly image: ClientImage;
    readonly bytes: number;
    readonly found: number;
  }[],
  release: string,
): void {
  const diagnostics = lacking.map(({ client, image: { name, blank }, bytes, found }) => ({
    what:
      blank === true
        ? `The blank LUN of ${client} for ${name} is ${mebibytes(bytes - found)} smaller than what ${release} asks for, which installs there.`
        : `The LUN of ${client} for ${name} is ${mebibytes(bytes - found)} smaller than the image of ${release}.`,
    expected: `at least ${mebibytes(bytes)}`,
    found: mebibytes(found),
    hint:
      blank === true
        ? `Give it a larger \`blank\` in lunsmith.yaml, then run: npx lunsmith client add ${client}`
        : `Give the image of ${client} a larger size in lunsmith.yaml, or none, then run: npx lunsmith client add ${client}`,
  }));
  const [first, ...rest] = diagnostics;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

/** A LUN that all clients of a release share has the size of its image. */
export function requireShareable(
  sized: readonly { readonly client: string; readonly image: ClientImage }[],
  release: string,
): void {
  const diagnostics = sized.map(({ client, image: { name, bytes = 0 } }) => ({
    what: `The LUN of ${client} for ${name} cannot have a size of its own: all clients of ${release} share its image, which none writes to (\`overlay\`).`,
    expected: `no \`size\` for the image ${name} of ${client}, or a release without \`overlay\``,
    found: mebibytes(bytes),
    hint: `Take \`size\` out of lunsmith.yaml, then run: npx lunsmith client add ${client}`,
  }));
  const [first, ...rest] = diagnostics;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

/** What tells one machine from another, and one initiator. */
const IDENTITIES: readonly (readonly [words: string, of: (facts: ClientFacts) => string | undefined])[] = [
  ['MAC address', ({ mac }) => mac],
  ['serial number', ({ serial }) => serial],
  ['UUID', ({ uuid }) => uuid],
  ['initiator IQN', ({ initiator }) => initiator],
  ['address', ({ address }) => address?.address],
  ['CHAP user', ({ account }) => account],
];

/** That no client whose facts came with the wish shares one with another. Judged of the clients as they are after all of it. */
export function requireOwnIdentities({ about, clients, brought }: Draft): void {
  const all = [...clients.values()].map(({ facts }) => facts);
  const problems = all.flatMap((facts) =>
    all
      .filter(
        ({ name }) =>
          brought.has(facts.name) && (brought.has(name) ? name > facts.name : name !== facts.name),
      )
      .flatMap((other) => shared(facts, other, { host: about.host.name, brought })),
  );
  const [first, ...rest] = problems;
  if (first !== undefined) throw new Failure('usage', [first, ...rest]);
}

/** What both are known by, in words and as it is. */
export function sharedIdentities(
  facts: ClientFacts,
  other: ClientFacts,
): readonly { readonly words: string; readonly value: string }[] {
  return IDENTITIES.flatMap(([words, of]) => {
    const value = of(facts);
    return value === undefined || of(other) !== value ? [] : [{ words, value }];
  });
}

/** Names in a hint; where more came with the wish, the site has all of them. */
const MOST_NAMED = 8;

function shared(
  facts: ClientFacts,
  other: ClientFacts,
  { host, brought }: { readonly host: string; readonly brought: ReadonlySet<string> },
): Diagnostic[] {
  const together = [...new Set([...brought, facts.name, other.name])];
  const all =
    together.length > MOST_NAMED
      ? `npx lunsmith apply --on ${host}`
      : `npx lunsmith client add ${together.join(' ')}`;
  return sharedIdentities(facts, other).flatMap(({ words, value }) => {
    return [
      {
        what: `The ${words} of ${facts.name} is that of ${other.name} on ${host}.`,
        expected: `one that no other client there has`,
        found: value,
        hint:
          `If ${other.name} has another now, change them at once: ${all}. If ${facts.name} is its new ` +
          `name: give it the old one again, run npx lunsmith client rm ${other.name} --keep-entry, which deletes what it stored, then rename it.`,
      },
    ];
  });
}
