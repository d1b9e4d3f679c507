/** Releases whose image all their clients share, through all wishes for a host. */
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256OfText } from '../../base/digest.js';
import type { Change, Intent } from '../../hosts/change/intent.js';
import { noChange, planChange } from '../../hosts/change.js';
import { EMPTY_STATE, generationsOf, type HostState } from '../../hosts/host/state.js';
import { aboutHost } from '../util/about-host.js';
import { clientFacts, hostFacts, proofOf, type SmallRelease, smallRelease } from '../util/hosts.js';

function shared(version: string): SmallRelease {
  const { disk, ...small } = smallRelease(version);
  const manifest = { ...small.manifest, disk: { ...small.manifest.disk, overlay: 'tmpfs' as const } };
  const digest = sha256OfText(canonicalJson(manifest));
  const proofs = [proofOf(digest, { firmware: 'bios', path: 'san', secret: 'right' })];
  return { digest, manifest, disk, proofs };
}
const [v1, v2, own] = [shared('v1'), shared('v2'), smallRelease('own')];
/** What is deleted is kept. */
const about = aboutHost([v1, v2, own]);
const keeping = () => about({ host: hostFacts('/srv/lunsmith', { retention: 86_400 }) });

const name = ({ digest }: SmallRelease) => `debian-bookworm@${digest.slice(0, 12)}`;
const promote = ({ digest }: SmallRelease): Intent => ({
  kind: 'promote',
  channel: 'stable',
  release: digest,
});
const add = (number: number, changed: Parameters<typeof clientFacts>[1] = {}): Intent => ({
  kind: 'add',
  client: clientFacts(number, changed),
});

function after(...intents: Intent[]): Change {
  let change = noChange(EMPTY_STATE);
  for (const intent of intents) change = planChange(change.next, intent, keeping());
  return change;
}

const disksOf = (state: HostState) => generationsOf(state).map(({ disk, readOnly }) => [disk, readOnly]);
const imageOf = ({ digest }: SmallRelease) => `/srv/lunsmith/releases/${digest}/disk.img`;

it('are offered to each client by a target of its own', () => {
  const { next, clones, lines } = after(promote(v1), add(1), add(2));
  expect(lines.at(-1)).toBe(
    `client web2: its next boot of debian is ${name(v1)} itself, which all its clients share and none writes to`,
  );
  expect(clones).toMatchObject([{ client: 'web2', shared: true, from: 'disk.img' }]);
  expect(disksOf(next)).toEqual([
    [imageOf(v1), true],
    [imageOf(v1), true],
  ]);
  const all = generationsOf(next);
  expect(new Set(all.map(({ target }) => target)).size).toBe(2);
  expect(new Set(all.map(({ serial }) => serial)).size).toBe(2);
});

it('take turns with clones', () => {
  const { next } = after(promote(v1), add(1), promote(own), promote(v2));
  const id = `${own.digest.slice(0, 12)}-3`;
  expect(disksOf(next)).toEqual([
    [`/srv/lunsmith/clients/web1/debian/${id}.img`, undefined],
    [imageOf(v2), true],
  ]);
});

describe('nothing can be lost of them', () => {
  const before = after(promote(v1), add(1)).next;
  const id = `${v1.digest.slice(0, 12)}-2`;

  it('when the client is removed: no retention, and no undelete', () => {
    const { lines, dropped, deleted, next } = planChange(
      before,
      { kind: 'remove', client: 'web1' },
      keeping(),
    );
    expect(lines).toEqual([
      'client web1: is removed, with its secret',
      `client web1: ${id} of debian, which it shared with others, is no longer offered to it`,
    ]);
    expect(dropped).toMatchObject([{ id, readOnly: true }]);
    expect([deleted, next.deleted]).toEqual([[], undefined]);
  });

  it('when it is reset', () => {
    expect(planChange(before, { kind: 'reset', client: 'web1' }, keeping()).lines[0]).toBe(
      `client web1: its next boot of debian is ${name(v1)} itself, which all its clients share and none writes to; nothing was ever written to ${id}`,
    );
  });
});

it('cannot be changed by hand', () => {
  const { next } = after(promote(v1), add(1));
  expect(() => planChange(next, { kind: 'maintain', client: 'web1' }, about())).toThrow(
    'debian of web1 cannot be maintained.',
  );
});

it('have one size for all', () => {
  const sized = add(1, { images: [{ name: 'debian', channel: 'stable', boot: 'san', bytes: 2 ** 30 }] });
  expect(() => after(promote(v1), sized)).toThrow(
    `The LUN of web1 for debian cannot have a size of its own: all clients of ${name(v1)} share its image, which none writes to (\`overlay\`).`,
  );
});
