import { expect, it } from 'vitest';
import { createConsole } from '../../gate/console.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import { awaitLogin, logIn } from '../../gate/session.js';

/** A client that answers what is typed; `commands` maps a part of the line to output and status. */
function fakeClient(commands: Readonly<Record<string, readonly [string, number]>>, password = 'pass-word') {
  const typed: string[] = [];
  const { signal } = new AbortController();
  const patience = DEFAULT_BOUNDS.command;
  const console = createConsole({
    watch: { hear: () => undefined, over: () => new Promise(() => undefined) },
    write: (text) => {
      typed.push(text.trimEnd());
      queueMicrotask(() => console.feed(reply(text)));
    },
    onLine: () => undefined,
    onPartial: () => undefined,
  });
  const reply = (text: string) => {
    if (text === 'gate\n') return 'gate\nPassword: ';
    if (typed.length === 2)
      return text === `${password}\n` ? '\nLast login: never\n# ' : '\nLogin incorrect\n';
    const mark = /begin (\w+);/.exec(text)?.[1] ?? '';
    const [, [output, status]] = Object.entries(commands).find(([part]) => text.includes(part)) ?? [
      '',
      ['', 0],
    ];
    // The terminal echoes what was typed, and the kernel talks in between.
    return `${text}\nbegin-${mark}\n${output}\n[   12.345678] kernel: hello\nend-${mark}-${status}-\n# `;
  };
  return { console, typed, options: { console, signal, patience } };
}

it('logs in and runs commands, without echo and kernel messages', async () => {
  const client = fakeClient({ 'uname -r': ['6.1.0-50-amd64', 0], 'cat /x': ['cat: /x: No such file', 1] });
  client.console.feed('\nDebian GNU/Linux 12 proto ttyS0\n\nproto login: ');
  await awaitLogin(client.console, DEFAULT_BOUNDS.boot, client.options.signal);
  const session = await logIn({ name: 'gate', password: 'pass-word' }, client.options);
  expect(await session.run('uname -r')).toEqual({ text: '6.1.0-50-amd64', status: 0 });
  expect(await session.run('cat /x')).toEqual({ text: 'cat: /x: No such file', status: 1 });
  session.type('systemctl poweroff');
  expect(client.typed.at(-1)).toBe('systemctl poweroff');
});

it('says why an account may be refused', async () => {
  const client = fakeClient({}, 'another');
  await expect(logIn({ name: 'gate', password: 'pass-word' }, client.options)).rejects.toMatchObject({
    name: 'Broken',
    message:
      'The system refused the account that its service manager was told of (credential tmpfiles.extra; systemd 252 or later takes it).',
  });
});
