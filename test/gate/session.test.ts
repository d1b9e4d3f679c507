import { expect, it } from 'vitest';
import { createConsole } from '../../gate/console.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import { awaitLogin, logIn, loginPrompt, openLine } from '../../gate/session.js';

const PROMPT = loginPrompt(' login:');

interface Words {
  readonly password: string;
  readonly refused: string;
}
const ENGLISH: Words = { password: 'Password: ', refused: '\nLogin incorrect\nproto login: ' };

/** A client that answers what is typed; `commands` maps a part of the line to output and status. */
function fakeClient(
  commands: Readonly<Record<string, readonly [string, number]>>,
  password = 'pass-word',
  words = ENGLISH,
) {
  const typed: string[] = [];
  const { signal } = new AbortController();
  const patience = DEFAULT_BOUNDS.command;
  const console = createConsole({
    watch: { hear: () => undefined, over: () => new Promise(() => undefined) },
    restMs: 1,
    write: (text) => {
      typed.push(text.trimEnd());
      queueMicrotask(() => console.feed(reply(text)));
    },
    onLine: () => undefined,
    onPartial: () => undefined,
  });
  const reply = (text: string) => {
    if (text === 'gate\n') return `gate\n${words.password}`;
    if (text === `${password}\n`) return '\nLast login: never\n# ';
    if (text === 'pass-word\n') return words.refused;
    const mark = /begin (\w+);/.exec(text)?.[1] ?? '';
    const [, [output, status]] = Object.entries(commands).find(([part]) => text.includes(part)) ?? [
      '',
      ['', 0],
    ];
    // The terminal echoes what was typed, and the kernel talks in between.
    return `${text}\nbegin-${mark}\n${output}\n[   12.345678] kernel: hello\nend-${mark}-${status}-\n# `;
  };
  return { console, typed, options: { console, prompt: PROMPT, signal, patience } };
}

it('logs in and runs commands, without echo and kernel messages', async () => {
  const client = fakeClient({ 'uname -r': ['6.1.0-50-amd64', 0], 'cat /x': ['cat: /x: No such file', 1] });
  client.console.feed('\nDebian GNU/Linux 12 proto ttyS0\n\nproto login: ');
  await awaitLogin(client.console, PROMPT, DEFAULT_BOUNDS.boot, client.options.signal);
  const session = await logIn({ name: 'gate', password: 'pass-word' }, client.options);
  expect(await session.run('uname -r')).toEqual({ text: '6.1.0-50-amd64', status: 0 });
  expect(await session.run('cat /x')).toEqual({ text: 'cat: /x: No such file', status: 1 });
  session.type('systemctl poweroff');
  expect(client.typed.at(-1)).toBe('systemctl poweroff');
});

it.each([
  ['before it', '[   88.787896] Rounding down aligned max_sectors\nproto login: '],
  ['after it', 'proto login: [   88.787896] Rounding down aligned max_sectors\n'],
  ['in the middle of it', 'proto lo[   88.787896] Rounding down aligned max_sectors\ngin: '],
  ['more than once', 'pro[  OK  ] Started nginx.service.\nto login[   88.787896] Rounding down\n: '],
])('sees the login prompt when something else is said %s', async (_, said) => {
  const client = fakeClient({});
  client.console.feed(`\nDebian GNU/Linux 12 proto ttyS0\n\n${said}`);
  await awaitLogin(client.console, PROMPT, DEFAULT_BOUNDS.boot, client.options.signal);
  await logIn({ name: 'gate', password: 'pass-word' }, client.options);
  expect(client.typed.slice(0, 2)).toEqual(['gate', 'pass-word']);
});

const REFUSED =
  'The system refused the account that its service manager was told of (credential tmpfiles.extra; systemd 252 or later takes it).';

it.each([
  ['by the first prompt again', ENGLISH],
  [
    'in words that it does not know',
    { password: 'Passwort: ', refused: '\nAnmeldung fehlgeschlagen\nproto Login: ' },
  ],
])('says why an account may be refused, which it sees %s', async (_, words) => {
  const client = fakeClient({}, 'another', words);
  const login = logIn({ name: 'gate', password: 'pass-word' }, client.options);
  await expect(login).rejects.toMatchObject({ name: 'Broken', message: REFUSED });
  expect(client.typed.length).toBeLessThanOrEqual(4);
});

it.each(['Passwort: ', 'Mot de passe : ', 'パスワード: ', '密码：', 'Heslo'])(
  'logs in where the password is asked for by `%s`',
  async (password) => {
    const client = fakeClient({}, 'pass-word', { ...ENGLISH, password });
    await logIn({ name: 'gate', password: 'pass-word' }, client.options);
    expect(client.typed.slice(0, 2)).toEqual(['gate', 'pass-word']);
  },
);

it.each<[string, string | undefined]>([
  ['gate', undefined],
  ['gate\n', undefined],
  ['gate\n \n', undefined],
  ['gate\nPasswort: ', 'Passwort: '],
  ['gate\nパスワード: ', 'パスワード: '],
  ['gate\nPassword: [   12.345678] e1000: link is up\n', 'Password: '],
  ['gate\nPassword: [  OK  ] Started ssh.service.\n[FAILED] Failed to start x.\n', 'Password: '],
  ['gate\nMot de passe : [   ***] A start job is running for x (5s / 1min)\n', 'Mot de passe : '],
  ['gate\n[   12.345678] e1000:', undefined],
  ['\nLast login: never\n# ', '# '],
])('finds the line without an end in %j', (text, line) => {
  expect(openLine(text)).toBe(line);
});
