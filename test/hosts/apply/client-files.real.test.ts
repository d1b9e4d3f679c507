/** Files of clients on their way from the site to the archive that a client is handed. */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientFiles } from '../../../app/site/client-files.js';
import { readCpio } from '../../../artifacts/formats/cpio.js';
import type { Manifest } from '../../../artifacts/release/manifest.js';
import { requireFilesTaken } from '../../../hosts/apply/client-files.js';
import { applyChange, describeChange, readState, repair } from '../../../hosts/apply.js';
import type { Intent } from '../../../hosts/change/intent.js';
import type { ClientFile } from '../../../hosts/site/facts.js';
import { failureOf } from '../../util/failure-of.js';
import { currentGeneration, type HostRig, hostRig, picture } from '../../util/host-rig.js';
import { clientFacts, smallRelease } from '../../util/hosts.js';
import { clientState, DIGEST } from '../boot-host.js';

const SECRET = 'hidden-in-a-file';
const file = (path: string, content: Partial<ClientFile>): ClientFile => ({
  ...{ path, owner: 'root:root', mode: '0644' },
  ...content,
});

let rig: HostRig;
let site: string;
let options: HostRig['options'];
beforeEach(async () => {
  rig = await hostRig(undefined, { clientFiles: true });
  site = join(rig.folder, 'site');
  await mkdir(site);
  await writeFile(join(site, 'secret'), `${SECRET}\n`);
  await writeFile(join(site, 'motd'), 'from a file\n');
  options = { ...rig.options, files: clientFiles({ folder: site }) };
});
afterEach(() => rig[Symbol.asyncDispose]());

const act = (intent: Intent) => applyChange(rig.host, intent, options, rig.ports);
const promote = () => act({ kind: 'promote', channel: 'stable', release: rig.releases.v1.digest });
const FILES = [
  file('/etc/motd', { source: 'motd' }),
  file('/etc/key', { secret: 'file:secret', mode: '0600' }),
];
const web1 = (files: readonly ClientFile[] | undefined = FILES) =>
  clientFacts(1, {
    images: [{ name: 'debian', channel: 'stable', boot: 'direct' }],
    ...(files.length === 0 ? {} : { files }),
  });

/** What the client is handed, by path in its initramfs; and who can read it. */
async function handed(): Promise<Record<string, string>> {
  const { id } = await currentGeneration(rig.host, 'web1');
  const path = join(rig.root, `http/clients/web1/debian-${id}.cpio`);
  const entries = readCpio(await readFile(path)).flatMap((entry) =>
    entry.type === 'file' && entry.path.startsWith('lunsmith/')
      ? [[entry.path.slice('lunsmith/'.length), entry.content.toString()] as const]
      : [],
  );
  return { ...Object.fromEntries(entries), mode: ((await stat(path)).mode & 0o777).toString(8) };
}

describe('files of a client', () => {
  it('are handed out with its name, in a file that others cannot read, and stand in no state', async () => {
    await promote();
    expect((await act({ kind: 'add', client: web1() })).lines[0]).toContain('client web1: is new');
    expect(await handed()).toEqual({
      name: 'web1\n',
      list: '0 0644 root:root /etc/motd\n1 0600 root:root /etc/key\n',
      0: 'from a file\n',
      1: `${SECRET}\n`,
      mode: '600',
    });
    const holders = Object.entries(await picture(rig.root)).filter(([, text]) => text.includes(SECRET));
    expect(holders.map(([path, text]) => `${path} ${text.slice(0, 3)}`)).toEqual([
      expect.stringMatching(/^states\/2\/http\/clients\/web1\/debian-.*\.cpio 600$/),
    ]);
    expect((await stat(join(rig.root, 'secrets/web1'))).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(rig.events)).not.toContain(SECRET);
  });

  it('are brought again when a content has changed, a secret among them, and not else', async () => {
    await promote();
    await act({ kind: 'add', client: web1() });
    expect((await act({ kind: 'add', client: web1() })).lines).toEqual([]);
    await writeFile(join(site, 'secret'), 'another\n');
    const refusing = { ...options, secret: () => Promise.reject(new Error('asked for the CHAP secret')) };
    const wish: Intent = { kind: 'several', intents: [{ kind: 'add', client: web1() }] };
    const lines = ['client web1: the content of its files has changed'];
    const before = await picture(rig.folder);
    expect((await describeChange(rig.host, wish, refusing, rig.ports)).lines).toEqual(lines);
    expect(await picture(rig.folder)).toEqual(before);
    expect((await applyChange(rig.host, wish, refusing, rig.ports)).lines).toEqual(lines);
    expect(await handed()).toMatchObject({ 1: 'another\n' });
    expect(JSON.stringify(await picture(join(rig.root, 'secrets')))).toContain('SECRET1-of-web1');
  });

  it('are told of one by one, and go with the wish', async () => {
    await promote();
    await act({ kind: 'add', client: web1() });
    const changed = web1([file('/etc/motd', { content: 'x', mode: '0600' }), file('/b', { content: 'b' })]);
    expect((await act({ kind: 'add', client: changed })).lines).toEqual([
      'client web1: its file /etc/motd changes, root:root 0600',
      'client web1: its file /etc/key is taken away',
      'client web1: its file /b is new, root:root 0644',
      'client web1: its files are as they shall be from its next boot on',
    ]);
    expect(await handed()).toMatchObject({ 0: 'x', 1: 'b' });
    await act({ kind: 'add', client: web1([]) });
    expect(await handed()).toEqual({ name: 'web1\n', mode: '600' });
    expect(await readFile(join(rig.root, 'secrets/web1'), 'utf8')).toBe(
      '{"user":"web1","secret":"SECRET1-of-web1"}\n',
    );
  });

  it('stay when its secret is rotated, and are there again after a repair, or when the host has lost them', async () => {
    await promote();
    await act({ kind: 'add', client: web1() });
    await act({ kind: 'rotate', client: { ...web1(), secret: 'env:OTHER' } });
    const all = await handed();
    expect(all).toMatchObject({ 1: `${SECRET}\n` });
    const { id } = await currentGeneration(rig.host, 'web1');
    await rm(join(rig.root, `http/clients/web1/debian-${id}.cpio`));
    await repair(rig.host, options, rig.ports);
    expect(await handed()).toEqual(all);
    await rm(join(rig.root, 'secrets/web1'));
    await act({ kind: 'promote', channel: 'stable', release: rig.releases.v2.digest });
    expect(await handed()).toEqual(all);
  });

  it.each([
    [{ source: 'nothing' }, /The file \/a of web1 cannot be read/],
    [{ source: '.' }, /The file \/a of web1 cannot be read/],
    [{ source: 'large' }, /The file \/a of web1 cannot be read/],
    [{ secret: 'file:nothing' }, /The secret `file:nothing` is not there/],
    [{ content: 'x'.repeat(256 * 1024 + 1) }, /The files of web1 are more than its archive takes/],
  ])('that cannot be read keep the host as it is: %#', async (content, message) => {
    await promote();
    await writeFile(join(site, 'large'), Buffer.alloc(256 * 1024 + 1));
    const before = await picture(rig.root);
    await expect(act({ kind: 'add', client: web1([file('/a', content)]) })).rejects.toThrow(message);
    expect(await picture(rig.root)).toEqual(before);
  });
});

describe('a release', () => {
  const { manifest } = smallRelease('v1');
  const refusal = (changed: Partial<Manifest>) =>
    failureOf(
      Promise.resolve().then(() =>
        requireFilesTaken(
          { clients: { web1: clientState(web1([file('/var/lib/x', { content: 'x' })])) } },
          new Map([[DIGEST, { ...manifest, ...changed }]]),
        ),
      ),
    );

  it('whose initramfs looks for no files is refused, and nothing is changed', async () => {
    await using old = await hostRig();
    await applyChange(
      old.host,
      { kind: 'promote', channel: 'stable', release: old.releases.v1.digest },
      options,
      old.ports,
    );
    const before = await picture(old.root);
    const failure = await failureOf(
      applyChange(old.host, { kind: 'add', client: web1() }, options, old.ports),
    );
    expect(failure.diagnostics[0]).toMatchObject({
      what: `web1 would not get its files from debian-bookworm@${old.releases.v1.digest.slice(0, 12)}: its initramfs does not look for them.`,
    });
    expect(failure.diagnostics[0].hint).toContain('build it anew');
    expect(await picture(old.root)).toEqual(before);
    expect((await readState(old.host)).clients).toEqual({});
  });
  it('that mounts a partition over a file is refused', async () => {
    const partition = { number: 1, name: 'var', type: '', guid: '', firstLba: 0, sectors: 1, grow: false };
    const disk = { ...manifest.disk, partitions: [{ ...partition, mount: '/var' }] };
    expect((await refusal({ clientFiles: true, disk })).diagnostics[0].what).toContain(
      '/var is a partition of its own there',
    );
  });
});
