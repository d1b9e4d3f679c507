/** Changes of a host that are cut off at the switch or beside it: by a lost connection, or by Ctrl-C. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPorts } from '../../base/command.js';
import { Failure } from '../../base/failure.js';
import { applyChange, needsRepair, repair } from '../../hosts/apply.js';
import { openDirectory } from '../../hosts/host/directory.js';
import type { TargetHost } from '../../hosts/host/host.js';
import { failureOf } from '../util/failure-of.js';
import { currentGeneration, type HostRig, hostRig, picture, wishesOf } from '../util/host-rig.js';

let rig: HostRig;
beforeEach(async () => {
  rig = await hostRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const { promote, add } = wishesOf(() => rig);
const currentOf = (client: string) => currentGeneration(rig.host, client);

describe('a switch that fails', () => {
  const SWITCH = 'switch san1 to state';
  const lost = () =>
    new Failure('network', { what: 'The connection to san1 is lost.', hint: 'Run it again.' });
  /** A host that fails at the switch: before it is made, or after it; and then at everything, or at nothing more. */
  const failing = (made: boolean, forGood: boolean, failure: Failure): TargetHost => {
    let gone = false;
    const alive = async <T>(work: () => Promise<T>): Promise<T> => {
      if (gone) throw failure;
      return work();
    };
    return {
      ...rig.host,
      run: (argv, options) =>
        alive(async () => {
          if (!options.doing.startsWith(SWITCH)) return rig.host.run(argv, options);
          if (made) await rig.host.run(argv, options);
          gone = forGood;
          throw failure;
        }),
      read: (path) => alive(() => rig.host.read(path)),
      write: (path, content, options) => alive(() => rig.host.write(path, content, options)),
    };
  };
  const promoteOn = (host: TargetHost) =>
    failureOf(
      applyChange(
        host,
        { kind: 'promote', channel: 'stable', release: rig.releases.v2.digest },
        rig.options,
        rig.ports,
      ),
    );

  it('changes nothing where it was not made', async () => {
    await promote('v1');
    await add(1);
    const before = await picture(rig.folder);
    const full = new Failure('space', { what: 'The disk of san1 is full.', hint: 'Free space on san1.' });
    expect(await promoteOn(failing(false, false, full))).toBe(full);
    expect(await picture(rig.folder)).toEqual(before);
  });

  it('is told of as what it is where it was made', async () => {
    await promote('v1');
    await add(1);
    const failure = await promoteOn(failing(true, false, lost()));
    expect([failure.kind, failure.diagnostics]).toEqual([
      'network',
      [
        {
          what: 'san1 serves the new state, but what follows from it is not finished.',
          hint: 'Mend what is told below, then run: npx lunsmith repair --on san1',
        },
        { what: 'The connection to san1 is lost.' },
      ],
    ]);
    expect((await currentOf('web1')).release).toBe(rig.releases.v2.digest);
    await repair(rig.host, rig.options, rig.ports);
    expect(await needsRepair(rig.host)).toBe(false);
  });

  it.each([true, false])('is left open where the target cannot be asked; made: %s', async (made) => {
    await promote('v1');
    await add(1);
    const failure = await promoteOn(failing(made, true, lost()));
    expect([failure.kind, failure.diagnostics]).toEqual([
      'network',
      [
        {
          what: 'Whether san1 serves the new state is not known.',
          hint: 'When it can be reached, see what it serves: npx lunsmith status --on san1. If that is the new state, run: npx lunsmith repair --on san1, else the same command again.',
        },
        { what: 'The connection to san1 is lost.' },
      ],
    ]);
    expect(await needsRepair(rig.host)).toBe(true);
    const { serial } = await repair(rig.host, rig.options, rig.ports);
    expect(serial).toBe(made ? 3 : 2);
    expect(await needsRepair(rig.host)).toBe(false);
    expect((await rig.table()).map(({ target }) => target)).toHaveLength(made ? 2 : 1);
  });
});

describe('Ctrl-C', () => {
  /** The promotion of v2, stopped by a call of a part: which one of them, from 1 on. */
  async function stopped(part: 'apply' | 'render', which: number): Promise<Failure> {
    let calls = 0;
    const stop = new AbortController();
    const ports = createPorts({ emit: () => undefined, signal: stop.signal });
    const { adapter } = rig.options.drivers;
    const drivers = {
      ...rig.options.drivers,
      adapter: {
        ...adapter,
        [part]: (...given: never[]) => {
          calls += 1;
          if (calls === which) stop.abort();
          return (adapter[part] as (...all: never[]) => unknown)(...given);
        },
      },
    };
    const started = performance.now();
    const failure = await failureOf(
      applyChange(
        openDirectory(rig.facts, ports),
        { kind: 'promote', channel: 'stable', release: rig.releases.v2.digest },
        { ...rig.options, drivers },
        ports,
      ),
    );
    expect(performance.now() - started).toBeLessThan(2000);
    expect(failure.kind).toBe('interrupted');
    return failure;
  }

  it('before the switch changes nothing, and the same command does it', async () => {
    await promote('v1');
    await add(1);
    await stopped('apply', 1);
    expect((await currentOf('web1')).release).toBe(rig.releases.v1.digest);
    await promote('v2');
    expect((await currentOf('web1')).release).toBe(rig.releases.v2.digest);
    expect(await rig.table()).toHaveLength(2);
  });

  it('after the switch says what finishes it', async () => {
    await promote('v1');
    await add(1);
    // Files are made before anything is written, and then to be written.
    const { diagnostics } = await stopped('render', 2);
    expect(diagnostics[0]).toEqual({
      what: 'san1 serves the new state, but what follows from it is not finished.',
      hint: 'Mend what is told below, then run: npx lunsmith repair --on san1',
    });
    expect((await currentOf('web1')).release).toBe(rig.releases.v2.digest);
    await repair(rig.host, rig.options, rig.ports);
    expect(await needsRepair(rig.host)).toBe(false);
  });
});
