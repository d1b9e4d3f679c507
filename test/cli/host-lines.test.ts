import { expect, it } from 'vitest';
import { type HostEvent, hostLines } from '../../cli/render/host.js';
import { plainStyle } from '../../cli/render/style.js';
import { ttyRenderer } from '../../cli/render/tty.js';
import { terminalWindow } from './fake-terminal.js';

const PUBLISHED: HostEvent = {
  type: 'published',
  recipe: 'debian-bookworm',
  digest: 'ab'.repeat(32),
  host: 'san1',
  path: '/srv/lunsmith/releases/x',
  already: false,
  sent: 3_700_000,
  received: 1200,
  seconds: 4.2,
};
const CHANGED: HostEvent = {
  type: 'changed',
  host: 'san1',
  lines: ['channel stable: a -> b', 'client web1: a fresh clone of b'],
  notes: [],
  dryRun: false,
  seconds: 1.5,
};

it.each<[HostEvent, string[]]>([
  [PUBLISHED, ['published debian-bookworm@abababababab to san1 in 4.2 s (3.70 MB sent, 1.20 kB received)']],
  [{ ...PUBLISHED, already: true }, ['published before: debian-bookworm@abababababab is on san1, whole']],
  [CHANGED, ['changed san1 in 1.5 s:', '  channel stable: a -> b', '  client web1: a fresh clone of b']],
  [
    { ...CHANGED, dryRun: true },
    ['would change san1:', '  channel stable: a -> b', '  client web1: a fresh clone of b'],
  ],
  [{ ...CHANGED, lines: [] }, ['san1: nothing to change']],
  [
    { ...CHANGED, lines: [], notes: ['The channel stable is at b already.'] },
    ['san1: nothing to change', '  The channel stable is at b already.'],
  ],
  [
    { ...CHANGED, lines: ['channel stable: a -> b'], notes: ['b is taken: it was published last.'] },
    ['changed san1 in 1.5 s:', '  channel stable: a -> b', '  b is taken: it was published last.'],
  ],
])('says what was done to a target host: %#', (event, lines) => {
  expect(hostLines(event, plainStyle)).toEqual(lines);
});

it('says how long a transfer will take where there is room', async () => {
  const window = terminalWindow(100, 24);
  const { emit } = ttyRenderer(window, { verbose: false });
  emit({ type: 'started', work: 'publish', subject: 'r', tasks: [{ id: 'transfer', title: 'transfer' }] });
  emit({ type: 'task-started', task: 'transfer' });
  const progress = { type: 'progress', task: 'transfer', what: 'send', total: 200e6, unit: 'bytes' } as const;
  emit({ ...progress, done: 0 });
  window.clock.pass(2000);
  emit({ ...progress, done: 50e6 });
  window.clock.pass(300);
  expect((await window.text()).at(-1)?.trim()).toBe(
    '━━━━━━━━━━━━━━━━  25 %  50.0 MB of 200 MB  25.0 MB/s  send, 6.0 s left',
  );
});
