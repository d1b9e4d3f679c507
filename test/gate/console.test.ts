import { expect, it } from 'vitest';
import { createConsole } from '../../gate/console.js';
import { DEFAULT_BOUNDS } from '../../gate/request.js';
import { createWatch } from '../../gate/watch.js';

/** A client that idles; the clock goes on with every look. */
function idler() {
  let at = 0;
  return createWatch(
    () => Promise.resolve({ at: at++, worked: 0, owed: 0, traffic: 0 }),
    () => Promise.resolve(),
  );
}

function setUp() {
  const [sent, lines, partials]: string[][] = [[], [], []];
  const controller = new AbortController();
  const console = createConsole({
    watch: idler(),
    write: (text) => sent?.push(text),
    onLine: (line) => lines?.push(line),
    onPartial: (text) => partials?.push(text),
  });
  const bound = () => ({ patience: DEFAULT_BOUNDS.boot, what: 'the prompt', signal: controller.signal });
  return { console, sent, lines, partials, controller, bound };
}

it('tells lines as they end, and what has no end yet', () => {
  const { console, lines, partials } = setUp();
  console.feed('one\ntw');
  console.feed('o\n\n+-----+\n|     |\nlogin: ');
  expect(lines).toEqual(['one', 'two']);
  expect(partials).toEqual(['tw', 'login: ']);
  console.close();
  expect(lines).toEqual(['one', 'two', 'login:']);
});

it('finds text that came before and text that comes later, each once', async () => {
  const { console, bound } = setUp();
  console.feed('first login: ');
  expect((await console.expect(/login: /, bound()))[0]).toBe('login: ');
  const second = console.expect(/(\w+) login: /, bound());
  console.feed('sec');
  console.feed('ond login: ');
  expect((await second)[1]).toBe('second');
});

it('forgets what it is told to forget', async () => {
  const { console, bound } = setUp();
  console.feed('old login: ');
  console.skip();
  const found = console.expect(/(\w+) login: /, bound());
  console.feed('new login: ');
  expect((await found)[1]).toBe('new');
});

it('says what it waited for, and what the client did', async () => {
  const { console, bound } = setUp();
  await expect(console.expect(/never/, bound())).rejects.toMatchObject({
    name: 'Broken',
    message:
      'The client stands still, with no sign of the prompt: nothing new on the console and next to no packets for 120 s, and it idles.',
  });
});

it('stops waiting when the machine stops', async () => {
  const { console, bound } = setUp();
  const found = console.expect(/never/, bound());
  console.close();
  await expect(found).rejects.toMatchObject({
    name: 'Broken',
    message: 'The machine stopped before the prompt.',
  });
});

it('stops waiting with the reason of the signal, also of one that came first', async () => {
  const { console, controller, bound } = setUp();
  const reason = new Error('panic');
  const found = console.expect(/never/, bound());
  controller.abort(reason);
  await expect(found).rejects.toBe(reason);
  console.feed('text');
  await expect(console.expect(/text/, bound())).rejects.toBe(reason);
});
