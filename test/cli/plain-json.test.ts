import { describe, expect, it } from 'vitest';
import type { Event } from '../../base/event.js';
import { jsonRenderer } from '../../cli/render/json.js';
import { plainRenderer } from '../../cli/render/plain.js';
import { pipes } from './fake-terminal.js';

const DIGEST = 'ab'.repeat(32);
const FAILURE: Event = {
  type: 'failed',
  failure: { kind: 'proof', diagnostics: [{ what: 'bios-san did not pass.' }], log: '/home/u/log' },
};

/** One of each event, with the seconds that pass before it. */
const EVENTS: readonly (readonly [seconds: number, event: Event])[] = [
  [0, { type: 'started', work: 'build', subject: 'r', tasks: [{ id: 'a', title: 'a  x' }] }],
  [0.5, { type: 'task-started', task: 'a' }],
  [1, { type: 'output', task: 'a', tool: 'apt-get', stream: 'stdout', line: 'Get:1 \u001b[1mx\u001b[0m' }],
  [0, { type: 'output', tool: 'tar', stream: 'stderr', line: 'no task' }],
  [0, { type: 'progress', task: 'a', what: 'download', done: 1, total: 2, unit: 'bytes' }],
  [1, { type: 'warning', task: 'a', message: 'Swap lies on the LUN.', hint: 'Order it `_netdev`.' }],
  [0, { type: 'warning', message: 'No task.' }],
  [0, { type: 'task-finished', task: 'a', seconds: 2, note: '3 packages' }],
  [0, { type: 'released', recipe: 'r', path: '/home/u/out/r/latest', digest: DIGEST, seconds: 2.5 }],
  [
    0,
    {
      type: 'started',
      work: 'prove',
      subject: 'r',
      tasks: [
        { id: 'b', title: 'b' },
        { id: 'c', title: 'c' },
      ],
    },
  ],
  [0, { type: 'task-started', task: 'b' }],
  [60, { type: 'milestone', task: 'b', milestone: 'ipxe', boot: 1 }],
  [0, { type: 'milestone', task: 'b', milestone: 'dhcp', boot: 2 }],
  [0, { type: 'task-failed', task: 'b', seconds: 60 }],
  [0, { type: 'task-failed', task: 'c', seconds: 60, note: 'not decided' }],
  [0, { type: 'proven', path: '/home/u/out/r/latest', digest: DIGEST, passed: false, seconds: 60 }],
  [0, { type: 'proven', path: '/srv/r', digest: DIGEST, passed: true, seconds: 4000 }],
  [0, { type: 'proven', path: '/srv/r', digest: DIGEST, passed: false, decided: false, seconds: 4000 }],
  [0, FAILURE],
];

function play(verbose: boolean) {
  const terminal = pipes();
  const renderer = plainRenderer(terminal, { verbose });
  for (const [seconds, event] of EVENTS) {
    terminal.clock.pass(seconds * 1000);
    renderer.emit(event);
  }
  renderer.print(['A result.']);
  renderer.close();
  terminal.clock.pass(100_000);
  return terminal;
}

describe('plain lines', () => {
  it('tell what happened and when, with a sign of life from what is slow', () => {
    const terminal = play(false);
    expect(terminal.out().split('\n')).toEqual([
      '[    0.0] build r: 1 step',
      '[    0.5] a: started',
      '[    2.5] a: warning: Swap lies on the LUN.',
      '[    2.5] a: to do: Order it `_netdev`.',
      '[    2.5] warning: No task.',
      '[    2.5] a: done in 2.0 s (3 packages)',
      `[    2.5] released r in 2.5 s: out/r/latest (sha256 ${DIGEST})`,
      '[    2.5] prove r: 2 cells',
      '[    2.5] b: started',
      '[   40.0] b: running for 37.5 s',
      '[   62.5] b: ipxe',
      '[   62.5] b: dhcp (boot 2)',
      '[   62.5] b: failed after 1 min 00 s',
      '[   62.5] c: not decided after 1 min 00 s',
      `[   62.5] not proven in 1 min 00 s: out/r/latest (sha256 ${DIGEST})`,
      `[   62.5] proven in 1 h 06 min: /srv/r (sha256 ${DIGEST})`,
      `[   62.5] not decided in 1 h 06 min: /srv/r (sha256 ${DIGEST})`,
      'A result.',
      '',
    ]);
    expect(terminal.err()).toBe('error: bios-san did not pass.\n  Log: log\n');
  });

  it('show the output of tools when asked to', () => {
    const lines = play(true).out().split('\n');
    expect(lines.slice(2, 4)).toEqual(['[    1.5] a: apt-get| Get:1 x', '[    1.5] tar| no task']);
  });

  it('name the last line of a tool in the sign of life', () => {
    const terminal = pipes();
    const { emit } = plainRenderer(terminal, { verbose: false });
    emit({ type: 'task-started', task: 'a' });
    emit({ type: 'output', task: 'a', tool: 't', stream: 'stdout', line: 'Unpacking grub' });
    emit({ type: 'output', task: 'a', tool: 't', stream: 'stdout', line: '' });
    terminal.clock.pass(30_000);
    expect(terminal.out()).toBe('[    0.0] a: started\n[   30.0] a: running for 30.0 s: Unpacking grub\n');
  });
});

describe('JSON lines', () => {
  it('are the events as they are, with the time, and nothing else', () => {
    const terminal = pipes();
    const renderer = jsonRenderer(terminal);
    for (const [seconds, event] of EVENTS) {
      terminal.clock.pass(seconds * 1000);
      renderer.emit(event);
    }
    renderer.print(['For people.']);
    renderer.close();
    const lines = terminal.out().split('\n');
    expect(lines.pop()).toBe('');
    let at = 0;
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      EVENTS.map(([seconds, event]) => ({ ...event, at: (at += seconds) })),
    );
    expect(lines[1]).toBe('{"type":"task-started","task":"a","at":0.5}');
    expect(terminal.err()).toBe('');
  });

  it('give the time with three decimals', () => {
    const terminal = pipes();
    const { emit } = jsonRenderer(terminal);
    terminal.clock.pass(1234.5678);
    emit({ type: 'task-started', task: 'a' });
    expect(terminal.out()).toBe('{"type":"task-started","task":"a","at":1.235}\n');
  });
});
