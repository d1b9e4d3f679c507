import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeAt } from '../../../artifacts/formats/sparse.js';
import { type Release, readRelease, verifyRelease, writeProof } from '../../../artifacts/release/release.js';
import { createPorts } from '../../../base/command.js';
import type { Event } from '../../../base/event.js';
import { openDirectory } from '../../../hosts/host/directory.js';
import type { TargetHost } from '../../../hosts/host/host.js';
import { sendRelease } from '../../../hosts/publish/transfer.js';
import { failureOf } from '../../util/failure-of.js';
import {
  BLOCK,
  block,
  cutAfter,
  differences,
  IMAGE,
  LOST,
  type TransferRig,
  transferRig,
  withBusybox,
  withPrograms,
} from './transfer-rig.js';

/** Images of blocks by number: `from` counts what is in them. */
function blocks(first: number, count: number, from: number): Record<number, Buffer> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [first + at, block(from + at)]));
}

const KERNEL = Buffer.concat([block(9000), block(9001), Buffer.from('the end')]);
const V1 = {
  image: { ...blocks(0, 4, 1), ...blocks(1000, 300, 100), ...blocks(66000, 20, 500) },
  files: { vmlinuz: KERNEL, 'boot/sanboot.ipxe': '#!ipxe\n', 'boot/empty': '' },
};
/** Moved by a block, something new in the middle, the kernel in the image too, a block that is there twice. */
const V2 = {
  image: {
    ...blocks(0, 4, 1),
    ...blocks(1001, 150, 100),
    ...blocks(1151, 10, 700),
    ...blocks(1161, 150, 250),
    30000: block(9000),
    30001: block(705),
    66000: block(510),
  },
  files: { vmlinuz: KERNEL, 'boot/sanboot.ipxe': '#!ipxe\n# two\n', 'initrd.img': block(701) },
};

async function send(rig: TransferRig, release: Release, host: TargetHost = rig.host, indexes = rig.indexes) {
  return sendRelease(host, release, { indexes, task: 'send' }, rig.ports);
}

async function assertThere(rig: TransferRig, release: Release): Promise<void> {
  const there = join(rig.root, 'releases', release.digest);
  expect(await differences(release.path, there)).toEqual([]);
  expect(await verifyRelease(await readRelease(there), { run: rig.ports.run })).toEqual([]);
  expect(await rig.list(`incoming/${release.digest}`)).toEqual([]);
}

it('sends a release, then only what the next one has more', async () => {
  await using rig = await transferRig();
  const [v1, v2] = [await rig.release(V1), await rig.release(V2)];
  const first = await send(rig, v1);
  expect(first).toMatchObject({ already: false });
  expect(first.seed).toBeUndefined();
  await assertThere(rig, v1);
  const second = await send(rig, v2);
  expect(second).toMatchObject({ already: false, seed: v1.digest });
  await assertThere(rig, v2);
  // 11 new blocks, the manifest, the script, and what has to be told.
  expect(first.sent).toBeGreaterThan(300 * BLOCK);
  expect(second.sent).toBeLessThan(11 * BLOCK + 30_000);
  expect(second.received).toBeLessThan(1000);
  const inode = async ({ digest }: Release) =>
    (await stat(join(rig.root, 'releases', digest, 'vmlinuz'))).ino;
  expect(await inode(v1)).toBe(await inode(v2));
  for (const name of ['blocks', 'table.json']) {
    const kept = await readFile(join(rig.indexes, v2.digest, name));
    expect(kept.equals(await readFile(join(rig.root, 'indexes', v2.digest, name)))).toBe(true);
  }
});

it('makes world-readable folders and files', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  await chmod(join(release.path, 'vmlinuz'), 0o600);
  await send(rig, release);
  const mode = async (path: string) =>
    ((await stat(join(rig.root, 'releases', release.digest, path))).mode & 0o777).toString(8);
  expect(await Promise.all(['', 'boot', 'vmlinuz', 'boot/empty', 'disk.img'].map(mode))).toEqual([
    '755',
    '755',
    '644',
    '644',
    '644',
  ]);
});

it('tells how far it is', async () => {
  await using rig = await transferRig();
  await send(rig, await rig.release(V1));
  const last = rig.events.findLast((event) => event.type === 'progress' && event.what === 'send to san1');
  // The image, the kernel, one script, and the manifest.
  const total = (324 + 3 + 1 + 1) * BLOCK;
  expect(last).toEqual({
    type: 'progress',
    task: 'send',
    what: 'send to san1',
    done: total,
    total,
    unit: 'bytes',
  });
});

it('sends new proofs to a release that is there, and nothing else', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const proof = (firmware: 'bios' | 'uefi') => ({
    format: 'lunsmith-proof/1' as const,
    release: release.digest,
    cell: { firmware, path: 'san' as const, secret: 'right' as const },
    passed: true,
    at: '2026-01-01T00:00:00Z',
    accelerator: 'tcg' as const,
    network: 'tap' as const,
    seconds: 1,
    milestones: [],
    checks: [],
    tools: {},
  });
  await writeProof(release.path, proof('bios'));
  const first = await readRelease(release.path);
  await send(rig, first);
  expect(await rig.list(`releases/${release.digest}/proofs`)).toEqual(['bios-san.json']);
  const again = await send(rig, first);
  expect(again.already).toBe(true);
  await writeProof(release.path, proof('uefi'));
  const more = await send(rig, await readRelease(release.path));
  expect(more.already).toBe(true);
  expect(more.sent - again.sent).toBeLessThan(1000);
  expect(await differences(release.path, join(rig.root, 'releases', release.digest))).toEqual([]);
});

it('needs nothing but busybox and perl on the host', async () => {
  await using rig = await transferRig();
  const host = await withBusybox(rig.host, join(rig.folder, 'bin'));
  const [v1, v2] = [await rig.release(V1), await rig.release(V2)];
  await send(rig, v1, host);
  await assertThere(rig, v1);
  const { seed, sent } = await send(rig, v2, host);
  expect(seed).toBe(v1.digest);
  expect(sent).toBeLessThan(11 * BLOCK + 30_000);
  await assertThere(rig, v2);
});

it('says that it needs perl on the host, and leaves nothing there', async () => {
  await using rig = await transferRig();
  const host = await withBusybox(rig.host, join(rig.folder, 'bin'), ['flock']);
  expect(await failureOf(send(rig, await rig.release(V1), host))).toMatchObject({
    kind: 'host',
    message: 'san1 has no perl, which puts releases together there.',
  });
  expect(await rig.list('releases')).toEqual([]);
  expect(await rig.list('incoming')).toEqual([]);
});

it('shows no release that the disk of the host does not keep', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const sync = 'echo "sync: Input/output error" >&2; exit 1\n';
  const host = await withPrograms(rig.host, join(rig.folder, 'bin'), { sync });
  await expect(send(rig, release, host)).rejects.toMatchObject({
    command: { lastLines: expect.arrayContaining(['sync: Input/output error']) as string[] },
  });
  expect(await rig.list('releases')).toEqual([]);
  await send(rig, release);
  await assertThere(rig, release);
});

it('fetches the index of a release that is only on the host', async () => {
  await using rig = await transferRig();
  const [v1, v2] = [await rig.release(V1, 'elsewhere'), await rig.release(V2)];
  await send(rig, v1);
  const { seed, sent, received } = await send(rig, v2, rig.host, join(rig.folder, 'other'));
  expect(seed).toBe(v1.digest);
  expect(sent).toBeLessThan(11 * BLOCK + 30_000);
  expect(received).toBeLessThan(328 * 16 + 5000);
  await assertThere(rig, v2);
});

it('makes the index of a release that is here', async () => {
  await using rig = await transferRig();
  const [v1, v2] = [await rig.release(V1), await rig.release(V2)];
  await send(rig, v1);
  await rm(rig.indexes, { recursive: true });
  const { seed, received } = await send(rig, v2);
  expect(seed).toBe(v1.digest);
  expect(received).toBeLessThan(1000);
  await assertThere(rig, v2);
});

it('sends all of it when the seed is damaged, and says so', async () => {
  await using rig = await transferRig();
  const [v1, v2] = [await rig.release(V1), await rig.release(V2)];
  await send(rig, v1);
  await writeAt(join(rig.root, 'releases', v1.digest, 'disk.img'), 1100 * BLOCK + 5, Buffer.from('x'));
  const { seed, already } = await send(rig, v2);
  expect({ seed, already }).toEqual({ seed: undefined, already: false });
  await assertThere(rig, v2);
  expect(rig.events.filter(({ type }) => type === 'warning')).toEqual([
    {
      type: 'warning',
      task: 'send',
      message: `What came of ${v1.digest.slice(0, 12)} on san1 is wrong (disk.img): one of them is damaged there. All is sent.`,
    },
  ]);
});

it.each(['truncated', 'linked file changed', 'file gone'])(
  'survives a seed that is damaged: %s',
  async (how) => {
    await using rig = await transferRig();
    // More than the pipes hold is still to be unpacked when the damage is found.
    const late = Buffer.concat(Object.values(blocks(0, 1000, 20_000)));
    const files = { ...V2.files, 'z-late': late };
    const [v1, v2] = [await rig.release(V1), await rig.release({ ...V2, files })];
    await send(rig, v1);
    const at = (path: string) => join(rig.root, 'releases', v1.digest, path);
    if (how === 'truncated') await truncate(at('disk.img'), 1010 * BLOCK);
    if (how === 'linked file changed') await writeFile(at('vmlinuz'), 'other');
    if (how === 'file gone') await rm(at('vmlinuz'));
    await send(rig, v2);
    await assertThere(rig, v2);
  },
);

it('gives up when all of it arrives damaged', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const host = await withPrograms(rig.host, join(rig.folder, 'bin'), {
    openssl: 'echo 0 stdin; exec cat >/dev/null\n',
  });
  const { kind, diagnostics } = await failureOf(send(rig, release, host));
  expect(kind).toBe('integrity');
  expect(diagnostics).toEqual([
    {
      what: 'The release does not arrive whole on san1: manifest.json is not what was sent.',
      hint: 'Nothing is visible there. Check the memory and the disk of san1, then run the same command again.',
    },
  ]);
  expect(await rig.list('releases')).toEqual([]);
});

it('refuses a release that is damaged here', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  await writeAt(join(release.path, 'disk.img'), 1000 * BLOCK, Buffer.from('x'));
  const { kind, diagnostics } = await failureOf(send(rig, release));
  expect(kind).toBe('integrity');
  expect(diagnostics).toEqual([
    {
      what: `The release ${release.path} is damaged: disk.img is not what its manifest says.`,
      hint: 'Nothing of it was published. Build the release again.',
    },
  ]);
});

it('refuses a release that was damaged after its index was made', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  await failureOf(send(rig, release, cutAfter(rig.host, 10)));
  await writeAt(join(release.path, 'vmlinuz'), 0, Buffer.from('x'));
  const { diagnostics } = await failureOf(send(rig, release));
  expect(diagnostics[0].what).toBe(
    `The release ${release.path} is damaged: vmlinuz is not what its manifest says.`,
  );
});

it('sends nothing to a disk that has no room', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const df =
    'echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/sda 1000 900 100 90% /\n';
  const host = await withPrograms(rig.host, join(rig.folder, 'bin'), { df });
  const { kind, diagnostics } = await failureOf(send(rig, release, host));
  expect(kind).toBe('space');
  expect(diagnostics).toEqual([
    {
      what: 'The disk of san1 is full: could not send the release.',
      found: '1 MiB free, 2 MiB needed at least',
      hint: `Free space below ${rig.root} on san1, then run the same command again: what has arrived is kept for a day.`,
    },
  ]);
  expect(await rig.list('incoming')).toEqual([]);
});

it('leaves nothing half-written when the disk becomes full', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const cat = 'echo "cat: write error: No space left on device" >&2; exit 1\n';
  const host = await withPrograms(rig.host, join(rig.folder, 'bin'), { cat });
  const { kind, diagnostics } = await failureOf(send(rig, release, host));
  expect(kind).toBe('space');
  expect(diagnostics[0]).toEqual({
    what: 'The disk of san1 is full: could not send to san1.',
    found: 'cat: write error: No space left on device',
    hint: `Free space below ${rig.root} on san1, then run the same command again: what has arrived is kept for a day.`,
  });
  expect(await rig.list(`incoming/${release.digest}`)).toEqual([]);
  expect(await rig.list('releases')).toEqual([]);
});

it('removes what was given up a day ago', async () => {
  await using rig = await transferRig();
  const old = join(rig.root, 'incoming', 'a'.repeat(64));
  const young = join(rig.root, 'incoming', 'b'.repeat(64));
  for (const folder of [old, young, join(rig.root, 'indexes', 'c'.repeat(64))]) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'x.chunk'), 'x');
  }
  const before = Date.now() / 1000 - 90_000;
  await utimes(old, before, before);
  for (const name of ['.scratch-old', '.scratch-young'])
    await mkdir(join(rig.indexes, name), { recursive: true });
  await utimes(join(rig.indexes, '.scratch-old'), before, before);
  const release = await rig.release(V1);
  await send(rig, release);
  expect((await readdir(rig.indexes)).sort()).toEqual(['.scratch-young', release.digest]);
  expect(await rig.list('incoming')).toEqual(['b'.repeat(64)]);
  expect(await rig.list('indexes')).toHaveLength(1);
});

it('removes what a release on the host was made of, where that was left', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  await send(rig, release);
  const left = join(rig.root, 'incoming', release.digest);
  await mkdir(left);
  await writeFile(join(left, 'x.chunk'), 'x');
  await send(rig, release);
  expect(await rig.list('incoming')).toEqual([]);
});

it('lets two send the same at the same time', async () => {
  await using rig = await transferRig();
  const release = await rig.release(V1);
  const both = await Promise.all([
    send(rig, release),
    send(rig, release, rig.host, join(rig.folder, 'other')),
  ]);
  expect(both.map(({ already }) => already).filter(Boolean).length).toBeLessThanOrEqual(1);
  await assertThere(rig, release);
});

it('goes on after a cut at any byte, and shows nothing before it is whole', async () => {
  await using rig = await transferRig();
  const big = { image: { ...V2.image, ...blocks(40000, 2500, 20_000) }, files: V2.files };
  const [v1, v2] = [await rig.release(V1), await rig.release(big)];
  await send(rig, v1);
  const { sent: whole } = await send(rig, v2);
  const cuts = fc.array(fc.integer({ min: 0, max: whole }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(cuts, async (bytes) => {
      await rm(join(rig.root, 'releases', v2.digest), { recursive: true });
      for (const cut of bytes) {
        const outcome = await send(rig, v2, cutAfter(rig.host, cut)).catch((error: unknown) => error);
        const visible = (await rig.list('releases')).includes(v2.digest);
        if (outcome === LOST) expect(visible).toBe(false);
        if (visible) return;
      }
      await send(rig, v2);
      await assertThere(rig, v2);
    }),
    { seed: 4, numRuns: 4 },
  );
});

it('ends at Ctrl-C with nothing half-written, and the next call goes on', async () => {
  await using rig = await transferRig();
  const release = await rig.release({ image: blocks(10, 3000, 20_000) });
  const stop = new AbortController();
  const emit = (event: Event) => {
    if (event.type === 'progress' && event.what === 'send to san1') stop.abort();
  };
  const ports = createPorts({ emit, signal: stop.signal });
  const host = openDirectory(rig.facts, ports);
  const { kind } = await failureOf(sendRelease(host, release, { indexes: rig.indexes }, ports));
  expect(kind).toBe('interrupted');
  expect(await rig.list('releases')).toEqual([]);
  expect(await readdir(rig.indexes)).toEqual([release.digest]);
  await send(rig, release);
  await assertThere(rig, release);
});

it('does not send again what has arrived', async () => {
  await using rig = await transferRig();
  const release = await rig.release({ image: blocks(10, 3000, 20_000) });
  const { sent: all } = await send(rig, release);
  await rm(join(rig.root, 'releases', release.digest), { recursive: true });
  expect(await failureOf(send(rig, release, cutAfter(rig.host, all - 100_000)))).toBe(LOST);
  expect(await rig.list(`incoming/${release.digest}`)).not.toEqual([]);
  const { sent } = await send(rig, release);
  expect(sent).toBeLessThan(all * 0.7);
  await assertThere(rig, release);
});

it('puts together any release from any other, with coreutils and with busybox', async () => {
  await using rig = await transferRig();
  const busybox = await withBusybox(rig.host, join(rig.folder, 'bin'));
  const content = fc.uniqueArray(fc.tuple(fc.nat(IMAGE / BLOCK - 1), fc.integer({ min: 1, max: 40 })), {
    selector: ([place]) => place,
    maxLength: 60,
  });
  const stretch = fc.tuple(fc.nat(60_000), fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 40 }));
  const image = fc.record({
    content,
    stretches: fc.array(stretch, { maxLength: 6 }),
    tail: fc.nat(BLOCK - 1),
  });
  const make = ({ content, stretches, tail }: typeof image extends fc.Arbitrary<infer T> ? T : never) => {
    const all: Record<number, Buffer> = {};
    for (const [first, count, from] of stretches) Object.assign(all, blocks(first, count, from));
    for (const [place, number] of content) all[place] = block(number);
    return { image: all, bytes: IMAGE + tail, files: { id: randomUUID(), kernel: block(tail + 1) } };
  };
  await fc.assert(
    fc.asyncProperty(image, image, fc.boolean(), async (one, two, plain) => {
      const host = plain ? busybox : rig.host;
      for (const each of [one, two]) {
        const release = await rig.release(make(each));
        await send(rig, release, host);
        await assertThere(rig, release);
      }
    }),
    { seed: 7, numRuns: 6 },
  );
});
