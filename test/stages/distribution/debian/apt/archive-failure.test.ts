import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../../base/failure.js';
import { archiveFailure } from '../../../../../stages/distribution/debian/apt/archive-failure.js';
import { nearest } from '../../../../../stages/distribution/debian/apt/nearest.js';
import { unknownPackages } from '../../../../../stages/distribution/debian/apt/unknown-packages.js';

const ARCHIVE = 'http://mirror.example.org/debian';

function meaning(...lastLines: string[]) {
  const error = new Failure('tool', { what: 'It failed.' }, { command: { argv: ['apt-get'], lastLines } });
  const failure = archiveFailure(error, { doing: 'do it', archives: [{ uri: ARCHIVE, keyring: '/k.gpg' }] });
  if (!(failure instanceof Failure)) throw new Error('no Failure');
  const { what, found } = failure.diagnostics[0];
  return { kind: failure.kind, what, found };
}

const untrusted = `Could not do it: the release signature of ${ARCHIVE} cannot be trusted.`;
const unreachable = `Could not do it: ${ARCHIVE} cannot be reached.`;

describe('the words of the tools', () => {
  it.each([
    [
      'a key that is not in the keyring',
      [
        `Err:1 ${ARCHIVE} bookworm InRelease`,
        "  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131",
        `E: The repository '${ARCHIVE} bookworm InRelease' is not signed.`,
      ],
      {
        kind: 'signature',
        what: untrusted,
        found:
          "The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 6ED0E7B82643E131",
      },
    ],
    [
      'a log-in page',
      [
        `Err:1 ${ARCHIVE} bookworm InRelease`,
        "  Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)",
      ],
      {
        kind: 'signature',
        what: untrusted,
        found: "Clearsigned file isn't valid, got 'NOSPLIT' (does the network require authentication?)",
      },
    ],
    [
      'an index that is out of date',
      [
        `E: Release file for ${ARCHIVE}/dists/x/InRelease is expired (invalid since 3d 2h). Updates for this repository will not be applied.`,
      ],
      {
        kind: 'signature',
        what: `Could not do it: the release file of ${ARCHIVE} is not valid at this time.`,
        found: `Release file for ${ARCHIVE}/dists/x/InRelease is expired (invalid since 3d 2h). Updates for this repository will not be applied.`,
      },
    ],
    [
      'sqv of Debian 13',
      [
        `W: OpenPGP signature verification failed: ${ARCHIVE} trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1)`,
      ],
      {
        kind: 'signature',
        what: untrusted,
        found: `OpenPGP signature verification failed: ${ARCHIVE} trixie InRelease: Sub-process /usr/bin/sqv returned an error code (1)`,
      },
    ],
    [
      'debootstrap on an unknown key',
      ['I: Checking Release signature', 'E: Release signed by unknown key (key id F8D2585B8783D481)'],
      {
        kind: 'signature',
        what: untrusted,
        found: 'Release signed by unknown key (key id F8D2585B8783D481)',
      },
    ],
    [
      'a refused connection, though apt then speaks of signatures',
      [
        '  Could not connect to mirror.example.org:80 (192.0.2.1). - connect (111: Connection refused)',
        `E: The repository '${ARCHIVE} bookworm InRelease' is not signed.`,
      ],
      {
        kind: 'network',
        what: unreachable,
        found: 'Could not connect to mirror.example.org:80 (192.0.2.1). - connect (111: Connection refused)',
      },
    ],
    [
      'a name that is not known',
      [`Err:1 ${ARCHIVE} bookworm InRelease`, "  Temporary failure resolving 'mirror.example.org'"],
      { kind: 'network', what: unreachable, found: "Temporary failure resolving 'mirror.example.org'" },
    ],
    [
      'debootstrap without a Release file',
      [`E: Failed getting release file ${ARCHIVE}/dists/bookworm/Release`],
      {
        kind: 'network',
        what: unreachable,
        found: `Failed getting release file ${ARCHIVE}/dists/bookworm/Release`,
      },
    ],
    [
      'a suite that does not exist',
      [
        '  404  Not Found [IP: 192.0.2.1 80]',
        `E: The repository '${ARCHIVE} bookwurm Release' does not have a Release file.`,
      ],
      {
        kind: 'network',
        what: `Could not do it: ${ARCHIVE} has no suite bookwurm.`,
        found: `The repository '${ARCHIVE} bookwurm Release' does not have a Release file.`,
      },
    ],
    [
      'lists that are out of date',
      [`E: Failed to fetch ${ARCHIVE}/pool/main/a/a_1.deb  404  Not Found [IP: 192.0.2.1 80]`],
      {
        kind: 'network',
        what: `Could not do it: ${ARCHIVE} lacks a file that its index names.`,
        found: `Failed to fetch ${ARCHIVE}/pool/main/a/a_1.deb  404  Not Found [IP: 192.0.2.1 80]`,
      },
    ],
    [
      'a mirror amid its update',
      [
        `E: Failed to fetch ${ARCHIVE}/dists/x/Packages.xz  File has unexpected size (1 != 2). Mirror sync in progress?`,
      ],
      {
        kind: 'network',
        what: `Could not do it: ${ARCHIVE} serves files that do not fit its index.`,
        found: `Failed to fetch ${ARCHIVE}/dists/x/Packages.xz  File has unexpected size (1 != 2). Mirror sync in progress?`,
      },
    ],
    [
      'anything else',
      ['dpkg: error processing package x (--configure):'],
      { kind: 'tool', what: 'It failed.', found: undefined },
    ],
  ])('%s', (_, lines, expected) => {
    expect(meaning(...lines)).toEqual(expected);
  });

  it('leave other failures alone', () => {
    const full = new Failure('space', { what: 'Full.' });
    expect(archiveFailure(full, { doing: 'do it', archives: [] })).toBe(full);
    const defect = new TypeError('x');
    expect(archiveFailure(defect, { doing: 'do it', archives: [] })).toMatchObject({
      kind: 'internal',
      cause: defect,
    });
  });

  it('name unknown packages once', () => {
    expect(
      unknownPackages([
        'E: Unable to locate package opnessh-server',
        "E: Package 'awk' has no installation candidate",
        "E: Version '9' for 'bash' was not found",
        'E: Unable to locate package foo.bar',
        "E: Couldn't find any package by glob 'foo.bar'",
      ]),
    ).toEqual(['opnessh-server', 'awk', 'bash', 'foo.bar']);
  });
});

it.each([
  ['opnessh-server', ['openssh-server']],
  ['zsdt', ['zstd']],
  ['entirely-else', []],
])('the nearest to %s are %j', (word, near) => {
  expect(nearest(word, ['openssh-server', 'openssh-client', 'open-isns-server', 'zstd', 'zsh'])).toEqual(
    near,
  );
});
