/** Clients come, change and go. */
import { isDeepStrictEqual } from 'node:util';
import { Failure } from '../../base/failure.js';
import type { ClientState } from '../host/state.js';
import { hasInstaller, startsOf } from '../site/blank.js';
import type { ClientFacts, ClientImage } from '../site/facts.js';
import { currentLast, purgeAll, setAside } from './aside.js';
import type { Draft } from './draft.js';
import { currentOf, freshClone, takeOver } from './generations.js';
import { inMaintenance, staysLine } from './maintenance.js';
import { freshLine, releaseName } from './names.js';
import { requireChannel, requireNoSession, requireRelease, requireStart, unknownClient } from './refusals.js';

/** Facts that are told of one by one when they change; images are told of by themselves. */
const TOLD = [
  'mac',
  'serial',
  'uuid',
  'initiator',
  'account',
  'secret',
  'prompts',
  'address',
  'menuSeconds',
  'follows',
] as const;

export function addClient(draft: Draft, facts: ClientFacts): void {
  const { clients, lines, deleted } = draft;
  const before = clients.get(facts.name);
  if (before === undefined) {
    lines.push(`client ${facts.name}: is new, ${facts.initiator}`);
    if ([...deleted].some((each) => each.facts.name === facts.name))
      lines.push(
        `client ${facts.name}: what it stored before can be brought back: npx lunsmith client undelete ${facts.name}`,
      );
  }
  takeFacts(draft, facts, before);
  for (const image of facts.images) bringImage(draft, facts, image, before);
  dropImages(draft, facts, before);
}

/** What the site says of a client is what the host says from now on. */
export function takeFacts(draft: Draft, facts: ClientFacts, before: ClientState | undefined): void {
  const { about, clients, secrets, files } = draft;
  if (facts.host !== about.host.name) {
    throw new Failure('usage', {
      what: `The client ${facts.name} is not one of ${about.host.name}.`,
      expected: `a client of the host ${about.host.name}`,
      found: `its host is ${facts.host}`,
    });
  }
  for (const { channel } of facts.images) if (channel !== undefined) requireChannel(draft, channel);
  if (before !== undefined && !isDeepStrictEqual(before.facts, facts))
    tellChanges(draft, before.facts, facts);
  if (before?.facts.secret !== facts.secret || before.facts.account !== facts.account) secrets.push(facts);
  if (about.filesChanged.has(facts.name)) {
    files.push(facts);
    // What is new or goes is told of already.
    if (before !== undefined && fileLines(before.facts.files, facts.files).length === 0)
      draft.lines.push(`client ${facts.name}: the content of its files has changed`);
  }
  const { next, ...rest } = before ?? { images: {} };
  const stays = next !== undefined && facts.images.flatMap(startsOf).includes(next);
  clients.set(facts.name, { ...rest, facts, ...(stays ? { next } : {}) });
  draft.brought.add(facts.name);
}

/** The clone of an image that is new, or that is on another channel now. */
export function bringImage(
  draft: Draft,
  facts: ClientFacts,
  image: ClientImage,
  before: ClientState | undefined,
): void {
  const { channels, lines } = draft;
  const current = currentOf(before?.images[image.name]);
  const old = before?.facts.images.find(({ name }) => name === image.name);
  const channel = image.channel === undefined ? undefined : channels.get(image.channel);
  // What a system has installed on a LUN is its own, whatever its installer is.
  if (current !== undefined && image.blank === true && old?.blank === true) {
    if (hasInstaller(image) && current.installer === undefined) throw noInstaller(facts.name, image);
    return;
  }
  const turned = old?.blank !== image.blank;
  const moved = old !== undefined && (turned || old.channel !== image.channel);
  const same =
    (channel === undefined && image.channel !== undefined) ||
    (channel?.release === current?.release && !turned);
  if (current !== undefined && (!moved || same)) return;
  if (before?.images[image.name]?.maintenance !== undefined) {
    if (turned) throw inMaintenance(facts.name, image, 'have another kind of LUN');
    lines.push(staysLine(facts.name, image));
    return;
  }
  const kept = current === undefined ? '' : `; its clone ${current.id} is kept`;
  if (image.channel === undefined) {
    lines.push(`${freshLine(draft, facts.name, image)}${kept}`);
    const blank = freshClone(draft, facts.name, image, undefined);
    return takeOver(draft, { client: facts.name, image: image.name }, blank, { former: 'keep' });
  }
  if (channel === undefined) {
    if (old === undefined || moved)
      lines.push(
        `client ${facts.name}: ${image.name} boots as soon as the channel ${image.channel} has a release`,
      );
    return;
  }
  if (current !== undefined && facts.follows === 'rebase') {
    lines.push(
      `client ${facts.name}: ${image.name} stays at ${releaseName(draft, current.release)} until: npx lunsmith client rebase ${facts.name}`,
    );
    return;
  }
  const release = requireRelease(draft, channel.release, channel.history.at(-1)?.recipe);
  lines.push(`${freshLine(draft, facts.name, image, release.digest)}${kept}`);
  const fresh = freshClone(draft, facts.name, image, release);
  takeOver(draft, { client: facts.name, image: image.name }, fresh, { former: 'keep' });
}

/** A LUN that is there has a target with nothing beside it. */
function noInstaller(client: string, { name }: ClientImage): Failure {
  return new Failure('usage', {
    what: `No installer can be put beside the LUN that ${client} has for ${name}.`,
    expected: 'an image of another name with `blank` and `installer`, or this one without `installer`',
    found: `a LUN that ${client} got without one`,
    hint: `Rename it in lunsmith.yaml, if the LUN can go: then ${client} gets a new one, and this one can be brought back under its name.`,
  });
}

export function dropImages(draft: Draft, facts: ClientFacts, before: ClientState | undefined): void {
  if (before === undefined) return;
  for (const [name, had] of Object.entries(before.images)) {
    const { generations } = had;
    if (facts.images.some((image) => image.name === name)) continue;
    requireNoSession(draft, facts.name, generations, `take ${name} from ${facts.name}`);
    setAside(draft, { facts: before.facts, image: name, generations: currentLast(had) });
    const now = draft.clients.get(facts.name);
    if (now === undefined) continue;
    const images = Object.fromEntries(Object.entries(now.images).filter(([image]) => image !== name));
    draft.clients.set(facts.name, { ...now, images });
  }
}

function tellChanges({ lines }: Draft, before: ClientFacts, after: ClientFacts): void {
  const told = (value: ClientFacts[(typeof TOLD)[number]]) =>
    value === undefined ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  for (const key of TOLD) {
    if (!isDeepStrictEqual(before[key], after[key]))
      lines.push(`client ${after.name}: ${key} ${told(before[key])} -> ${told(after[key])}`);
  }
  for (const image of after.images) {
    const old = before.images.find(({ name }) => name === image.name);
    if (old !== undefined && !isDeepStrictEqual(old, image))
      lines.push(`client ${after.name}: ${image.name} ${described(old)} -> ${described(image)}`);
    if (old !== undefined && old.bytes !== image.bytes)
      lines.push(`client ${after.name}: ${image.name} has its new size from its next fresh clone on`);
  }
  for (const line of fileLines(before.files, after.files)) lines.push(`client ${after.name}: ${line}`);
  const order = (facts: ClientFacts) => facts.images.map(({ name }) => name).join(', ');
  if (order(before) !== order(after))
    lines.push(`client ${after.name}: its images ${order(before)} -> ${order(after)}`);
}

function fileLines(before: ClientFacts['files'] = [], after: ClientFacts['files'] = []): string[] {
  const at = (files: typeof before, wanted: string) => files.find(({ path }) => path === wanted);
  const lines = [...new Set([...before, ...after].map(({ path }) => path))].flatMap((path) => {
    const [old, file] = [at(before, path), at(after, path)];
    if (isDeepStrictEqual(old, file)) return [];
    if (file === undefined) return [`its file ${path} is taken away`];
    return [`its file ${path} ${old === undefined ? 'is new' : 'changes'}, ${file.owner} ${file.mode}`];
  });
  return lines.length === 0 ? [] : [...lines, 'its files are as they shall be from its next boot on'];
}

function described({ channel, boot, bytes, blank }: ClientImage): string {
  if (blank === true) {
    const by = channel === undefined ? 'with no installer' : `installed by ${channel}`;
    return `(blank, ${bytes} bytes, ${by})`;
  }
  return `(${channel}, ${boot}, ${bytes === undefined ? 'size of the image' : `${bytes} bytes`})`;
}

/** One that is not there is gone already: a call whose site file could not be written is repeated as it was. */
export function removeClient(
  draft: Draft,
  { client, purge }: { readonly client: string; readonly purge?: true },
): void {
  const state = draft.clients.get(client);
  if (purge === true) purgeAll(draft, client);
  if (state === undefined) return;
  const all = Object.values(state.images).flatMap(({ generations }) => generations);
  requireNoSession(draft, client, all, `remove ${client}`);
  draft.lines.push(`client ${client}: is removed, with its secret`);
  for (const [image, had] of Object.entries(state.images))
    setAside(draft, { facts: state.facts, image, generations: currentLast(had) }, { purge });
  draft.clients.delete(client);
}

export function rotateClient(draft: Draft, facts: ClientFacts): void {
  const state = draft.clients.get(facts.name);
  if (state === undefined) throw unknownClient(draft, facts.name);
  const { account, secret } = facts;
  const changed = { ...state.facts, account, secret };
  draft.lines.push(`client ${facts.name}: its CHAP secret is read from ${secret}`);
  draft.secrets.push(changed);
  draft.clients.set(facts.name, { ...state, facts: changed });
}

export function setNext(
  draft: Draft,
  { client, image }: { readonly client: string; readonly image?: string },
): void {
  const state = draft.clients.get(client);
  if (state === undefined) throw unknownClient(draft, client);
  if (image !== undefined) requireStart(state.facts, image);
  if (state.next === image) return;
  const { next: _former, ...rest } = state;
  draft.lines.push(`client ${client}: its next boot is ${image ?? `${state.facts.images[0].name}, as ever`}`);
  draft.clients.set(client, { ...rest, ...(image === undefined ? {} : { next: image }) });
}

/** A choice for the next boot is over when its client has been seen to run from that image. */
export function forgetStarted({ about, clients, lines }: Draft): void {
  for (const [client, { next, ...state }] of clients) {
    const image = state.facts.images.find((each) => next !== undefined && startsOf(each).includes(next));
    const chosen = image && currentOf(state.images[image.name]);
    if (chosen === undefined || !about.sessions.some(({ target }) => target === chosen.target)) continue;
    lines.push(
      `client ${client}: has started ${next}; its next boot is ${state.facts.images[0].name}, as ever`,
    );
    clients.set(client, state);
  }
}
