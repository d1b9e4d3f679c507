/** What was taken from a client is given back to it, or removed before its time. */
import { Failure } from '../../base/failure.js';
import type { ClientState, DeletedLuns } from '../host/state.js';
import { hasInstaller } from '../site/blank.js';
import type { ClientFacts, ClientImage } from '../site/facts.js';
import { purgeAll } from './aside.js';
import { bringImage, dropImages, takeFacts } from './clients.js';
import type { Draft } from './draft.js';
import { checkMethod, inOrder } from './generations.js';
import { inMaintenance, isMaintained } from './maintenance.js';
import { listed, releaseName } from './names.js';
import { requireRelease } from './refusals.js';

interface Wanted {
  readonly client: ClientFacts;
  readonly image?: string;
  readonly change?: number;
}

/** What one change took goes back together: all of it, or of one image. The client is as the site has it now. */
export function undelete(draft: Draft, { client: facts, image, change }: Wanted): void {
  const { clients, deleted, lines, secrets } = draft;
  const { name } = facts;
  const own = [...deleted].filter((each) => each.facts.name === name);
  const fitting = own.filter(
    (each) =>
      (image === undefined || each.image === image) && (change === undefined || each.serial === change),
  );
  if (fitting.length === 0) throw nothing(draft, name, own);
  const last = Math.max(...fitting.map(({ serial }) => serial));
  const back = fitting.filter(({ serial }) => serial === last);
  Failure.throwAll(back.flatMap((each) => problem(draft, facts, each) ?? []));

  const before = clients.get(name);
  if (before === undefined) {
    lines.push(`client ${name}: is there again, ${facts.initiator}`);
    secrets.push(facts);
  }
  takeFacts(draft, facts, before ?? { facts, images: {} });
  for (const each of back) giveBack(draft, each);
  const restored = new Set(back.map((each) => each.image));
  const known = (each: ClientImage) =>
    restored.has(each.name) ? each : before?.facts.images.find((old) => old.name === each.name);
  const [first, ...rest] = facts.images.flatMap((each) => known(each) ?? []);
  const state = clients.get(name);
  // Those that were not taken from it are brought up to date as ever; what is given back stays what it is.
  const stands = first && state && { ...state, facts: { ...facts, images: [first, ...rest] as const } };
  for (const each of facts.images) if (!restored.has(each.name)) bringImage(draft, facts, each, stands);
  dropImages(draft, facts, before);
}

/** What the client has stays beside it until a promotion leaves it behind: nothing goes, and so nothing can be lost by it. */
function giveBack({ clients, deleted, lines, about, before }: Draft, taken: DeletedLuns): void {
  const { facts, image, generations } = taken;
  const { name } = facts;
  const state = clients.get(name);
  const current = generations.at(-1);
  if (state === undefined || current === undefined) return;
  const had: ClientState['images'][string] | undefined = state.images[image];
  deleted.delete(taken);
  const fate = had === undefined ? '' : `; its clone ${had.current} is kept for a rollback`;
  lines.push(
    `client ${name}: its next boot of ${image} is its clone ${current.id} of ${releaseName({ about, before }, current.release)} again, with all that was written to it${fate}`,
  );
  const all = inOrder([...generations, ...(had?.generations ?? [])]);
  clients.set(name, {
    ...state,
    images: { ...state.images, [image]: { current: current.id, generations: all } },
  });
}

/** Why it cannot be given back to the client that the site has now. */
function problem(draft: Draft, facts: ClientFacts, { image, generations }: DeletedLuns): Failure | undefined {
  const now = facts.images.find(({ name }) => name === image);
  const last = generations.at(-1);
  const blank = last?.installer !== undefined || last?.release === undefined;
  const same = now !== undefined && (now.blank === true) === blank;
  if (!same || (hasInstaller(now) && last?.installer === undefined)) {
    const kind = blank
      ? `that begins with nothing on its LUN (\`blank\`${last?.installer === undefined ? ' without `installer`' : ''})`
      : 'that follows a channel';
    return new Failure('usage', {
      what: `What was deleted of ${facts.name} is its image ${image}, which the site says otherwise.`,
      expected: `an image ${image} of ${facts.name} ${kind}`,
      found: now === undefined ? listed(facts.images.map(({ name }) => name)) : 'another kind',
      hint: `Write it into lunsmith.yaml again, then run the same command. Others of it by their names: --image IMAGE`,
    });
  }
  const state = draft.clients.get(facts.name);
  if (state !== undefined && isMaintained(state, now))
    return inMaintenance(facts.name, now, 'get another LUN back');
  try {
    for (const release of new Set(generations.flatMap((each) => each.release ?? [])))
      checkMethod(draft, [{ client: facts.name, image: now }], requireRelease(draft, release));
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** Removes all that could be brought back of a client. */
export function purge(draft: Draft, client: string): void {
  if (!purgeAll(draft, client)) throw nothing(draft, client, []);
}

function nothing({ about, deleted }: Draft, client: string, own: readonly DeletedLuns[]): Failure {
  const words = own.map(({ image, serial }) => `${image} by change ${serial}`);
  const others = [...new Set([...deleted].map(({ facts }) => facts.name))];
  return new Failure('usage', {
    what: `${about.host.name} has nothing of ${client} that was deleted${own.length === 0 ? '' : ' and is meant'}.`,
    ...(own.length > 0
      ? { expected: `one of these: ${words.join(', ')}` }
      : {
          expected: others.length === 0 ? 'something that was deleted' : `a client such as ${listed(others)}`,
        }),
    found: own.length > 0 ? 'another image or change' : others.length === 0 ? 'nothing' : client,
    hint: `See all of it: npx lunsmith client ls --deleted`,
  });
}
