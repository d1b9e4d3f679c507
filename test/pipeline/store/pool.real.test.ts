/** Package files from servers that work, break off, lie or have nothing; locks are those of flock(1). */
import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPorts } from '../../../base/command.js';
import type { Event } from '../../../base/event.js';
import type { LockedPackage } from '../../../pipeline/plan/package-set.js';
import { download } from '../../../pipeline/store/download.js';
import { fillPool, pooledDigests, poolFile, verifyPool } from '../../../pipeline/store/pool.js';
import { failureOf } from '../../util/failure-of.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let server: Server;
let base: string;
let answer: Answer;
let asked: { path: string; range: string | undefined }[];
let events: Event[];
/** Tells of every progress, by the bytes that have come. */
let progress: EventEmitter;
let stop: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-pool-'));
  asked = [];
  events = [];
  progress = new EventEmitter();
  stop = new AbortController();
  server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', range: request.headers.range });
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** The bytes of a made-up package; each seed gives others. */
function content(seed: string, bytes = 40_000): Buffer {
  return Buffer.alloc(bytes, createHash('sha256').update(seed).digest());
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function locked(name: string, data = content(name), more: Partial<LockedPackage> = {}): LockedPackage {
  return {
    name,
    version: '1:2+b1',
    architecture: 'amd64',
    archive: 'main',
    bytes: data.length,
    sha256: sha256(data),
    path: `pool/${name}_2+b1~x_amd64.deb`,
    ...more,
  };
}

/** Serves made-up packages by their names; ranges as in RFC 9110. */
const serving: Answer = (request, response) => {
  const name = /\/pool\/([a-z0-9]+)_2%2Bb1~x_amd64\.deb$/.exec(request.url ?? '')?.[1];
  if (name === undefined) {
    response.writeHead(404).end();
    return;
  }
  const data = content(name);
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from === 0) response.writeHead(200, { 'content-length': data.length }).end(data);
  else {
    const range = `bytes ${from}-${data.length - 1}/${data.length}`;
    response.writeHead(206, { 'content-range': range }).end(data.subarray(from));
  }
};

function fill(packages: readonly LockedPackage[], more: object = {}) {
  const emit = (event: Event) => {
    events.push(event);
    if (event.type === 'progress') progress.emit(String(event.done));
  };
  const ports = createPorts({ emit, signal: stop.signal });
  return fillPool(packages, { archives: { main: [base] }, folder: pool(), ports, pause: 1, ...more });
}

function pool(): string {
  return join(folder, 'pool');
}

describe('a pool', () => {
  it('is filled once, with every byte counted', async () => {
    answer = serving;
    const packages = [locked('a'), locked('b'), locked('c')];
    const pooled = await fill(packages, { concurrency: 2, task: 'packages' });
    expect(pooled).toEqual(packages.map((each) => ({ ...each, file: poolFile(pool(), each.sha256) })));
    for (const [index, name] of ['a', 'b', 'c'].entries())
      expect(await readFile(pooled[index]?.file ?? '')).toEqual(content(name));
    expect(asked.map(({ path }) => path).sort()).toEqual(
      ['a', 'b', 'c'].map((name) => `/debian/pool/${name}_2%2Bb1~x_amd64.deb`),
    );
    const told = events.filter((event) => event.type === 'progress');
    expect(told.at(-1)).toEqual({
      type: 'progress',
      task: 'packages',
      what: 'fetch packages',
      done: 120_000,
      total: 120_000,
      unit: 'bytes',
    });
    expect(await fill(packages)).toEqual(pooled);
    expect(asked).toHaveLength(3);
    expect(await pooledDigests(pool())).toEqual(packages.map((each) => each.sha256).sort());
    expect(await verifyPool(pool(), stop)).toEqual([]);
  });

  it('takes a file that two packages share once', async () => {
    answer = serving;
    await fill([locked('a'), locked('a')]);
    expect(asked).toHaveLength(1);
  });

  it('may be filled by two at once, of whom one downloads', async () => {
    answer = serving;
    const packages = ['a', 'b', 'c', 'd'].map((name) => locked(name));
    const [one, two] = await Promise.all([fill(packages), fill(packages)]);
    expect(one).toEqual(two);
    expect(asked).toHaveLength(4);
  });

  it('is filled from a folder as well', async () => {
    const path = join(folder, 'archive', 'pool', 'a_2+b1~x_amd64.deb');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content('a'));
    const archives = { main: [pathToFileURL(join(folder, 'archive')).href] };
    const [pooled] = await fill([locked('a')], { archives });
    expect(await readFile(pooled?.file ?? '')).toEqual(content('a'));
    const failure = await failureOf(fill([locked('b')], { archives }));
    expect(failure.diagnostics[0].what).toBe('b 1:2+b1 is gone from the mirror and not in the pool.');
  });

  it('finds a file that was changed', async () => {
    answer = serving;
    const [pooled] = await fill([locked('a')]);
    const file = pooled?.file ?? '';
    await writeFile(file, content('b'));
    expect(await verifyPool(pool(), stop)).toEqual([
      { file, expected: sha256(content('a')), found: sha256(content('b')) },
    ]);
    // One that was cut short is noticed when it is used.
    await writeFile(file, content('a', 10));
    await fill([locked('a')]);
    expect(await readFile(file)).toEqual(content('a'));
  });
});

describe('a download that is cut short', () => {
  const half: Answer = (request, response) => {
    if (request.headers.range !== undefined) serving(request, response);
    else {
      response.writeHead(200, { 'content-length': 40_000 });
      progress.once('15000', () => response.destroy());
      response.write(content('a').subarray(0, 15_000));
    }
  };

  it('goes on where it ended', async () => {
    answer = half;
    const [pooled] = await fill([locked('a')]);
    expect(asked.map(({ range }) => range)).toEqual([undefined, 'bytes=15000-']);
    expect(await readFile(pooled?.file ?? '')).toEqual(content('a'));
  });

  it('goes on in a later run, too', async () => {
    answer = (request, response) => {
      half(request, response);
      answer = (_, later) => later.destroy();
    };
    await failureOf(fill([locked('a')]));
    answer = serving;
    asked = [];
    await fill([locked('a')]);
    expect(asked.map(({ range }) => range)).toEqual(['bytes=15000-']);
  });

  it('begins anew at a server that knows no ranges', async () => {
    answer = (request, response) => {
      half(request, response);
      answer = (_, second) => second.end(content('a'));
    };
    const [pooled] = await fill([locked('a')]);
    expect(await readFile(pooled?.file ?? '')).toEqual(content('a'));
  });

  it('begins anew when what had come was wrong', async () => {
    answer = serving;
    const file = poolFile(pool(), locked('a').sha256);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.partial`, content('b', 500));
    await fill([locked('a')]);
    expect(asked.map(({ range }) => range)).toEqual(['bytes=500-', undefined]);
    expect(await readFile(file)).toEqual(content('a'));
  });

  it('is given up after three times, and what came is kept', async () => {
    answer = (_, response) => response.destroy();
    const failure = await failureOf(fill([locked('a')]));
    expect(asked).toHaveLength(3);
    expect(failure.kind).toBe('network');
    expect(failure.diagnostics).toEqual([
      {
        what: 'Could not download a 1:2+b1.',
        found: `other side closed, 3 times, for ${base}/pool/a_2%2Bb1~x_amd64.deb`,
        hint: `See whether this machine reaches it (\`curl -I ${new URL(base).origin}\`), or choose another mirror with \`--mirror URL\`. What has come is kept.`,
      },
    ]);
  });

  it('is noticed when no byte comes any more', async () => {
    answer = (_, response) => response.writeHead(200).write('x');
    const data = content('a');
    const file = join(folder, 'file');
    const what = { url: `${base}/x`, name: 'a 1', file, bytes: data.length, sha256: sha256(data) };
    const options = { signal: stop.signal, onBytes: () => undefined, pause: 1, patience: 50 };
    const failure = await failureOf(download(what, options));
    expect(failure.diagnostics[0].found).toBe(`no byte came for 0.05 s, 3 times, for ${base}/x`);
  });
});

describe('several servers', () => {
  /** Both are the same server, by the first word of a path. */
  const servers = () => ({
    archives: { main: ['first', 'second'].map((name) => base.replace('debian', name)) },
  });
  const asFirst =
    (first: Answer): Answer =>
    (request, response) =>
      (request.url?.startsWith('/first/') === true ? first : serving)(request, response);

  it.each<[string, Answer]>([
    ['lacks it', (_, response) => response.writeHead(404).end()],
    ['refuses', (_, response) => response.writeHead(403).end()],
    ['has another file', (_, response) => response.end(content('b'))],
    ['breaks off', (_, response) => response.destroy()],
    ['is busy', (_, response) => response.writeHead(503).end()],
  ])('are asked in turn: the second when the first %s', async (_, first) => {
    answer = asFirst(first);
    const [pooled] = await fill([locked('a')], servers());
    expect(await readFile(pooled?.file ?? '')).toEqual(content('a'));
    expect(asked).toHaveLength(2);
  });

  it('are asked in another order once the first did not answer', async () => {
    answer = asFirst((_, response) => response.destroy());
    const other = createServer((request, response) => serving(request, response));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const second = `http://127.0.0.1:${(other.address() as AddressInfo).port}/second`;
    const main = [`${new URL(base).origin}/first`, second];
    await fill([locked('a'), locked('b'), locked('c')], { archives: { main }, concurrency: 1 });
    other.close();
    expect(asked).toHaveLength(1);
  });

  it('are asked three times at most, those that said no once', async () => {
    answer = (request, response) =>
      request.url?.startsWith('/first/') === true ? response.writeHead(404).end() : response.destroy();
    const failure = await failureOf(fill([locked('a')], servers()));
    expect(asked.map(({ path }) => path.split('/')[1])).toEqual(['first', 'second', 'second', 'second']);
    const [first, second] = servers().archives.main;
    expect(failure.diagnostics[0]).toMatchObject({
      what: 'Could not download a 1:2+b1.',
      found: `other side closed, 3 times, for ${second}/pool/a_2%2Bb1~x_amd64.deb; nothing at ${first}/pool/a_2%2Bb1~x_amd64.deb`,
    });
  });

  it('that all lack it are all named', async () => {
    answer = (_, response) => response.writeHead(404).end();
    const failure = await failureOf(fill([locked('a')], servers()));
    const [first, second] = servers().archives.main;
    expect(failure.diagnostics[0]).toMatchObject({
      what: 'a 1:2+b1 is gone from the mirror and not in the pool.',
      found: `nothing at ${first}/pool/a_2%2Bb1~x_amd64.deb; nothing at ${second}/pool/a_2%2Bb1~x_amd64.deb`,
    });
  });
});

describe('a server that lies', () => {
  const mistaken =
    (data: Buffer): Answer =>
    (_, response) =>
      response.end(data);
  it.each([
    ['another file', content('b'), 40_000, `40000 bytes with the sha256 ${sha256(content('b'))}`],
    ['too much', content('a', 50_000), 40_000, '50000 bytes'],
    ['a truncated one', content('a', 30_000), 40_000, '30000 bytes'],
  ])('has %s', async (_, data, bytes, found) => {
    answer = mistaken(data);
    const wanted = locked('a');
    const failure = await failureOf(fill([wanted]));
    expect(failure.kind).toBe('integrity');
    expect(failure.diagnostics).toEqual([
      {
        what: 'The mirror has another file for a 1:2+b1 than its index says.',
        expected: `${bytes} bytes with the sha256 ${wanted.sha256}`,
        found: `${found} at ${base}/pool/a_2%2Bb1~x_amd64.deb`,
        hint: 'The mirror may be broken, or a proxy answers in its place: choose another with `--mirror URL`.',
      },
    ]);
    expect(await readdir(dirname(poolFile(pool(), wanted.sha256)))).toEqual([]);
  });

  it('sends more than it should without saying how much', async () => {
    answer = (_, response) => {
      response.write(content('a'));
      response.end('more');
    };
    const failure = await failureOf(fill([locked('a')]));
    expect(failure.diagnostics[0].found).toBe(`more than 40000 bytes at ${base}/pool/a_2%2Bb1~x_amd64.deb`);
  });

  it('had more before', async () => {
    answer = (request, response) => {
      if (request.headers.range === undefined) response.end(content('a', 30_000));
      else response.writeHead(416).end();
    };
    const wanted = locked('a');
    const file = poolFile(pool(), wanted.sha256);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.partial`, content('a', 35_000));
    const failure = await failureOf(fill([wanted]));
    expect(failure.kind).toBe('integrity');
    expect(asked.map(({ range }) => range)).toEqual(['bytes=35000-', undefined]);
  });

  it('ends early without saying so: a truncated package never gets its name', async () => {
    answer = (_, response) => {
      response.write(content('a').subarray(0, 30_000));
      response.end();
    };
    const wanted = locked('a');
    const failure = await failureOf(fill([wanted]));
    expect(failure.kind).toBe('network');
    expect(failure.diagnostics[0].found).toContain(
      'the connection ended after 30000 of 40000 bytes, 3 times',
    );
    await expect(stat(poolFile(pool(), wanted.sha256))).rejects.toThrow('ENOENT');
  });

  it('has it no longer', async () => {
    answer = (_, response) => response.writeHead(404).end();
    const failure = await failureOf(fill([locked('a')]));
    expect(asked).toHaveLength(1);
    expect(failure.kind).toBe('network');
    expect(failure.diagnostics).toEqual([
      {
        what: 'a 1:2+b1 is gone from the mirror and not in the pool.',
        found: `nothing at ${base}/pool/a_2%2Bb1~x_amd64.deb`,
        hint: 'Run `npx lunsmith lock RECIPE --update`, or choose a mirror that still has it with `--mirror URL`.',
      },
    ]);
  });

  it('refuses', async () => {
    answer = (_, response) => response.writeHead(403).end();
    const failure = await failureOf(fill([locked('a')]));
    expect(failure.diagnostics[0]).toMatchObject({
      what: 'Could not download a 1:2+b1: the server refuses.',
      found: `HTTP status 403 for ${base}/pool/a_2%2Bb1~x_amd64.deb`,
    });
  });

  it('is busy for a moment', async () => {
    answer = (_, response) => {
      response.writeHead(503).end();
      answer = serving;
    };
    await fill([locked('a')]);
    expect(asked).toHaveLength(2);
  });
});

describe('an end before the end', () => {
  it('by the user is quick, and what has come is gone on with', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 40_000 });
      response.write(content('a').subarray(0, 15_000));
    };
    const work = failureOf(fill([locked('a')]));
    await once(progress, '15000');
    stop.abort();
    const failure = await work;
    expect(failure.kind).toBe('interrupted');
    stop = new AbortController();
    answer = serving;
    asked = [];
    await fill([locked('a')]);
    expect(asked.map(({ range }) => range)).toEqual(['bytes=15000-']);
  });

  it('by a full disk says so', async () => {
    answer = serving;
    const wanted = locked('a');
    const full = poolFile(pool(), wanted.sha256);
    await mkdir(dirname(full), { recursive: true });
    // Every write to it fails with ENOSPC, see full(4).
    await symlink('/dev/full', `${full}.partial`);
    const failure = await failureOf(fill([wanted]));
    expect(failure.kind).toBe('space');
    expect(failure.diagnostics).toEqual([
      {
        what: 'The disk is full: could not download a 1:2+b1.',
        found: `no space left for ${full}`,
        hint: 'Free space where the workspace is, or choose another with `--workspace`, then run the same command again.',
      },
    ]);
  });

  it('comes for all when it comes for one', async () => {
    answer = (request, response) => {
      if (request.url?.includes('/bad_') === true) response.writeHead(404).end();
      else serving(request, response);
    };
    const bad = locked('bad', content('bad', 50_000));
    const others = Array.from({ length: 20 }, (_, index) => locked(`p${index}`));
    const failure = await failureOf(fill([...others, bad], { concurrency: 1 }));
    expect(failure.diagnostics[0].what).toBe('bad 1:2+b1 is gone from the mirror and not in the pool.');
    expect(asked).toHaveLength(1);
  });

  it('comes at once for an archive that no step names', async () => {
    const failure = await failureOf(fill([locked('a', content('a'), { archive: 'elsewhere' })]));
    expect(failure.diagnostics).toEqual([
      {
        what: 'No step names the archive `elsewhere`, from which a comes.',
        hint: 'Run `npx lunsmith lock RECIPE --update`.',
      },
    ]);
  });
});
