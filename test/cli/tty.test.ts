import { describe, expect, it } from 'vitest';
import { ttyRenderer } from '../../cli/render/tty.js';
import { terminalWindow } from './fake-terminal.js';

const STEPS = ['bootstrap', 'packages', 'users'].map((id) => ({ id, title: `${id}  of the root` }));

describe('the live tree of a build', () => {
  it('shows what is done, what runs with its line and progress, and what waits', async () => {
    const window = terminalWindow(80, 24);
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'debian-bookworm', tasks: STEPS });
    emit({ type: 'task-started', task: 'bootstrap' });
    window.clock.pass(1500);
    emit({ type: 'task-finished', task: 'bootstrap', seconds: 1.5, note: 'minbase' });
    emit({ type: 'task-started', task: 'packages' });
    emit({
      type: 'output',
      task: 'packages',
      tool: 'apt-get',
      stream: 'stdout',
      line: '\u001b[1mUnpacking\u001b[0m\tgrub\r',
    });
    emit({ type: 'progress', task: 'packages', what: 'download', done: 0, total: 200e6, unit: 'bytes' });
    window.clock.pass(2000);
    emit({ type: 'progress', task: 'packages', what: 'download', done: 50e6, total: 200e6, unit: 'bytes' });
    window.clock.pass(300);
    expect(await window.text()).toEqual([
      'build debian-bookworm  3 steps',
      '✔       1.5 s  bootstrap  of the root  (minbase)',
      '⠇       2.3 s  packages  of the root',
      '               │ Unpacking  grub',
      '               ━━━━━━━━━━━━━━━━  25 %  50.0 MB of 200 MB  25.0 MB/s  download',
      '·              users  of the root',
    ]);
    expect(await window.cursorShown()).toBe(false);
  });

  it('says what is left of a step, by the last time', async () => {
    const window = terminalWindow(80, 24);
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS.slice(0, 1) });
    emit({ type: 'task-started', task: 'bootstrap', usually: 75 });
    window.clock.pass(5000);
    expect((await window.text())[1]).toMatch(/5\.0 s {2}bootstrap {2}of the root, about 1 min 10 s left$/);
    window.clock.pass(80_000);
    expect((await window.text())[1]).toMatch(/1 min 25 s {2}bootstrap {2}of the root$/);
  });

  it('ends with the release and gives the cursor back', async () => {
    const window = terminalWindow(80, 24);
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS });
    for (const { id } of STEPS) {
      emit({ type: 'task-started', task: id });
      window.clock.pass(100);
      emit({ type: 'task-finished', task: id, seconds: 61 });
    }
    emit({
      type: 'released',
      recipe: 'r',
      path: '/home/u/out/r/latest',
      digest: 'ab'.repeat(32),
      seconds: 183,
    });
    window.clock.pass(1000);
    expect(await window.text()).toEqual([
      'build r  3 steps',
      '✔  1 min 01 s  bootstrap  of the root',
      '✔  1 min 01 s  packages  of the root',
      '✔  1 min 01 s  users  of the root',
      '✔ released out/r/latest in 3 min 03 s  sha256 abababababab',
    ]);
    expect(await window.cursorShown()).toBe(true);
  });

  it('keeps warnings and the failure whole', async () => {
    const window = terminalWindow(60, 24);
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS });
    emit({ type: 'task-started', task: 'bootstrap' });
    emit({ type: 'warning', task: 'bootstrap', message: `${'long '.repeat(15)}end`, hint: 'Do this.' });
    window.clock.pass(1000);
    emit({ type: 'task-failed', task: 'bootstrap', seconds: 1 });
    emit({
      type: 'failed',
      failure: {
        kind: 'tool',
        diagnostics: [{ what: 'Could not unpack.', found: 'tar: exit code 2' }],
        step: 'bootstrap',
        command: { argv: ['tar', '-x', 'a b'], exitCode: 2, lastLines: ['tar: bad', ''] },
        log: '/home/u/.cache/lunsmith/logs/r.log',
      },
    });
    window.clock.pass(1000);
    expect(await window.text()).toEqual([
      'build r  3 steps',
      '! bootstrap: warning: long long long long long long long',
      '  long long long long long long long long end',
      '  to do: Do this.',
      '✘       1.0 s  bootstrap  of the root',
      'error: Could not unpack.',
      '  Found: tar: exit code 2',
      '  Step: bootstrap',
      "  Command: tar -x 'a b'",
      '  Its last lines:',
      '    | tar: bad',
      '    |',
      '  Log: .cache/lunsmith/logs/r.log',
    ]);
    expect(await window.cursorShown()).toBe(true);
  });

  it('fits a narrow and low window, and counts what it cannot show', async () => {
    const window = terminalWindow(30, 6);
    const { emit } = ttyRenderer(window, { verbose: false });
    const tasks = Array.from({ length: 12 }, (_, n) => ({
      id: `s${n}`,
      title: `step ${n} with a long title`,
    }));
    emit({ type: 'started', work: 'build', subject: 'r', tasks });
    emit({ type: 'task-started', task: 's0' });
    emit({ type: 'output', task: 's0', tool: 't', stream: 'stdout', line: '日本語日本語日本語日本語' });
    emit({ type: 'progress', task: 's0', what: 'copy', done: 1, total: 3, unit: 'files' });
    window.clock.pass(1000);
    expect(await window.text()).toEqual([
      'build r  12 steps',
      '⠋       1.0 s  step 0 with a…',
      '               │ 日本語日本…',
      '               1 of 3 files …',
      '·              step 1 with a…',
      '               … 10 more tas…',
    ]);
  });

  it('repaints only its own lines when the window becomes narrower, and when it becomes wider again', async () => {
    const window = terminalWindow(60, 20);
    window.stdout.write('earlier work of the user that must stay\n');
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS });
    emit({ type: 'task-started', task: 'bootstrap' });
    emit({ type: 'output', task: 'bootstrap', tool: 't', stream: 'stdout', line: 'x'.repeat(100) });
    window.clock.pass(100);
    await window.resize(41, 20);
    window.clock.pass(100);
    await window.text();
    await window.resize(80, 20);
    window.clock.pass(100);
    expect(await window.text()).toEqual([
      'earlier work of the user that must stay',
      'build r  3 steps',
      '⠸       0.3 s  bootstrap  of the root',
      `               │ ${'x'.repeat(61)}…`,
      '·              packages  of the root',
      '·              users  of the root',
    ]);
  });

  it('takes a terminal that does not know its size for one of 80 cells', async () => {
    const window = terminalWindow(80, 24);
    const stdout = { isTTY: true, columns: 0, rows: 0, write: (text: string) => window.stdout.write(text) };
    const { emit } = ttyRenderer({ ...window, stdout }, { verbose: false });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS });
    emit({ type: 'task-started', task: 'bootstrap' });
    window.clock.pass(500);
    expect((await window.text()).slice(0, 2)).toEqual([
      'build r  3 steps',
      '⠴       0.5 s  bootstrap  of the root',
    ]);
  });

  it('shows every line of the tools when asked to', async () => {
    const window = terminalWindow(80, 24);
    const { emit } = ttyRenderer(window, { verbose: true });
    emit({ type: 'started', work: 'build', subject: 'r', tasks: STEPS.slice(0, 1) });
    emit({ type: 'task-started', task: 'bootstrap' });
    emit({ type: 'output', task: 'bootstrap', tool: 'dpkg', stream: 'stdout', line: 'one' });
    emit({ type: 'output', tool: 'tar', stream: 'stderr', line: 'two' });
    window.clock.pass(100);
    expect((await window.text()).slice(0, 3)).toEqual([
      'build r  1 step',
      'bootstrap: dpkg| one',
      'tar| two',
    ]);
  });

  it('colours unless NO_COLOR is set', () => {
    const coloured = terminalWindow(80, 24, {});
    ttyRenderer(coloured, { verbose: false }).emit({
      type: 'started',
      work: 'build',
      subject: 'r',
      tasks: [],
    });
    expect(coloured.raw()).toContain('\u001b[1mbuild r\u001b[22m');
    const plain = terminalWindow(80, 24);
    ttyRenderer(plain, { verbose: false }).emit({ type: 'started', work: 'build', subject: 'r', tasks: [] });
    expect(plain.raw()).not.toContain('\u001b[1m');
  });
});

describe('the live tree of a proof', () => {
  const CELLS = ['bios-san', 'uefi-direct'].map((id) => ({ id, title: id }));

  it('lights the milestones of each cell in order, the reboot on a line of its own', async () => {
    const window = terminalWindow(120, 24);
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'prove', subject: 'out/r/latest', tasks: CELLS });
    emit({ type: 'task-started', task: 'bios-san' });
    emit({ type: 'task-started', task: 'uefi-direct' });
    emit({ type: 'milestone', task: 'bios-san', milestone: 'power-on', boot: 1 });
    emit({ type: 'milestone', task: 'bios-san', milestone: 'dhcp', boot: 2 });
    window.clock.pass(500);
    const chain =
      'power-on › dhcp › tftp › ipxe › san-login › boot-loader › kernel › initramfs-login › root-mount › login';
    expect(await window.text()).toEqual([
      'prove out/r/latest  2 cells',
      '⠴       0.5 s  bios-san',
      `               ${chain}`,
      '               reboot › power-on › dhcp › tftp › ipxe › san-login › boot-loader › kernel › initramfs-login › …',
      '⠴       0.5 s  uefi-direct',
      '               power-on › dhcp › tftp › ipxe › kernel › initramfs-login › root-mount › login',
    ]);
  });

  it('keeps the milestone reached last in sight on a narrow terminal', async () => {
    const window = terminalWindow(60, 24, {});
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'prove', subject: 'r', tasks: CELLS.slice(0, 1) });
    emit({ type: 'task-started', task: 'bios-san' });
    for (const milestone of ['power-on', 'dhcp', 'tftp', 'ipxe', 'san-login', 'boot-loader'] as const)
      emit({ type: 'milestone', task: 'bios-san', milestone, boot: 1 });
    expect((await window.text())[2]).toBe('               … › ipxe › san-login › boot-loader › …');
    emit({ type: 'task-failed', task: 'bios-san', seconds: 3 });
    expect(window.raw()).toContain('\u001b[32mboot-loader\u001b[39m');
  });

  it('marks where a failed cell stopped', async () => {
    const window = terminalWindow(120, 24, {});
    const { emit } = ttyRenderer(window, { verbose: false });
    emit({ type: 'started', work: 'prove', subject: 'r', tasks: CELLS.slice(0, 1) });
    emit({ type: 'task-started', task: 'bios-san' });
    emit({ type: 'milestone', task: 'bios-san', milestone: 'power-on', boot: 1 });
    emit({ type: 'task-failed', task: 'bios-san', seconds: 3 });
    emit({ type: 'proven', path: '/home/u/r', digest: 'cd'.repeat(32), passed: false, seconds: 3 });
    expect(await window.text()).toEqual([
      'prove r  1 cell',
      '✘       3.0 s  bios-san',
      '               power-on › dhcp › tftp › ipxe › san-login › boot-loader › kernel › initramfs-login › root-mount › login',
      '✘ not proven r in 3.0 s  sha256 cdcdcdcdcdcd',
    ]);
    expect(window.raw()).toContain('\u001b[31mdhcp\u001b[39m');
  });
});
