/** What is told when QEMU ends at once, in its own words. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../../base/failure.js';
import type { Argv } from '../../base/ports.js';
import { createMachine } from '../../gate/machine.js';
import { qemuArgv } from '../../gate/qemu.js';
import { ports, type TestFolder, testFolder } from '../artifacts/formats/tools.js';

let folder: TestFolder;
let said: string[];
beforeEach(async () => {
  folder = await testFolder();
  said = [];
});
afterEach(() => folder[Symbol.asyncDispose]());

const options = (more: object = {}) =>
  qemuArgv({
    firmware: 'bios',
    accelerator: 'tcg',
    mac: '52:54:00:00:00:01',
    netdev: 'user,id=net,restrict=on',
    capture: folder.at('capture.pcap'),
    ...more,
  });

async function failureOf(argv: Argv): Promise<Failure> {
  const runtime = {
    ...{ path: folder.path, shortPath: folder.path },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const ignore = () => undefined;
  const heard = { onConsoleLine: ignore, onConsolePartial: ignore };
  const capture = folder.at('capture.pcap');
  const onToolLine = (line: string) => said.push(line);
  await using machine = createMachine(ports, { argv: () => argv, runtime, capture, ...heard, onToolLine });
  const error: unknown = await machine.powerOn().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error('it started', { cause: error });
}

const TOLD = {
  what: 'QEMU did not start.',
  expected: 'QEMU 7.2 or later, and the files that it opens',
  found: 'exit code 1',
  hint: 'Its last lines say why. What it lacks comes with Debian’s packages qemu-system-x86, seabios, ovmf and ipxe-qemu, or qemu-system-arm.',
};

it('an option that this QEMU does not know', async () => {
  const argv = [...options(), '-no-such-option'] as const satisfies Argv;
  const { kind, diagnostics, command } = await failureOf(argv);
  expect({ kind, diagnostics }).toEqual({ kind: 'tool', diagnostics: [TOLD] });
  expect(command?.lastLines).toEqual(['qemu-system-x86_64: -no-such-option: invalid option']);
  expect(command?.argv).toEqual(argv);
  expect(said).toEqual(command?.lastLines);
});

it('firmware that is not there', async () => {
  const argv = options({ firmware: 'uefi', variables: join(folder.path, 'none.fd') });
  const { kind, diagnostics, command } = await failureOf(argv);
  expect({ kind, diagnostics }).toEqual({ kind: 'tool', diagnostics: [TOLD] });
  expect(command?.lastLines.join('\n')).toContain(
    `Could not open '${folder.path}/none.fd': No such file or directory`,
  );
});

it('an argument that is looked at when it listens already', async () => {
  const argv = options({ oemString: join(folder.path, 'none') });
  const { kind, diagnostics, command } = await failureOf(argv);
  expect({ kind, diagnostics }).toEqual({ kind: 'tool', diagnostics: [TOLD] });
  expect(command?.lastLines.join('\n')).toContain(`${folder.path}/none`);
});
