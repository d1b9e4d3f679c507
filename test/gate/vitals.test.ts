import { expect, it } from 'vitest';
import { owedOf, parseStat, type ThreadState } from '../../gate/vitals.js';

it('reads a line of stat, whatever the program calls itself', () => {
  const line = (name: string) =>
    `4242 (${name}) R 17 4242 4242 0 -1 4194304 9 0 0 0 1234 66 0 0 20 0 5 0 8000 1 2 3`;
  for (const name of ['qemu-system-x86', 'CPU 0/TCG', 'a) R 1 (b']) {
    expect(parseStat(line(name))).toEqual({ state: 'R', parent: 17, used: 13 });
  }
});

it('makes nothing of a process that is gone', () => {
  expect(parseStat('')).toEqual({ state: '', parent: 0, used: 0 });
});

const thread = (queued: number, state = 'S'): ThreadState => ({ state, used: 0, queued });

it.each<[string, Record<number, ThreadState>, Record<number, ThreadState>, number, number]>([
  ['no thread waits', { 1: thread(5) }, { 1: thread(5) }, 1, 0],
  ['two wait at the same time', { 1: thread(5), 2: thread(1) }, { 1: thread(5.5), 2: thread(1.25) }, 1, 0.5],
  ['one tells late of a long wait', { 1: thread(5) }, { 1: thread(9) }, 1, 4],
  ['a thread is new', {}, { 1: thread(5) }, 1, 0],
  ['a thread has ended', { 1: thread(5) }, {}, 1, 0],
  ['one waits for a disk', { 1: thread(5) }, { 1: thread(5, 'D') }, 2, 2],
  ['no sample was taken for a minute', { 1: thread(5) }, { 1: thread(5) }, 60, 55],
])('%s', (_, before, now, seconds, owed) => {
  const map = (threads: Record<number, ThreadState>) =>
    new Map(Object.entries(threads).map(([id, state]) => [Number(id), state]));
  expect(owedOf(map(before), map(now), seconds)).toBeCloseTo(owed);
});
