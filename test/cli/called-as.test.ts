import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { asCalled, isCommand } from '../../cli/called-as.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lunsmith-called-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function program(place: string, mode = 0o755): Promise<string> {
  const path = join(folder, place);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'lunsmith'), '');
  await chmod(join(path, 'lunsmith'), mode);
  return path;
}

it('is a command where it is installed, not where only npx finds it', async () => {
  const installed = await program('usr/bin');
  const project = await program('project/node_modules/.bin');
  const text = await program('texts', 0o644);
  expect(isCommand(`/nowhere:${installed}`)).toBe(true);
  expect(isCommand(`${project}:${installed}`)).toBe(true);
  expect(isCommand(`${project}:${project}/:/nowhere`)).toBe(false);
  // Of root's own every file is readable, and none that is not executable can be run.
  expect(isCommand(text)).toBe(false);
  expect(isCommand('')).toBe(false);
  expect(isCommand(undefined)).toBe(false);
});

it('is called by its name then, in all texts and in no bytes', () => {
  const text = 'Prove it: npx lunsmith prove out; or npx lunsmith demo';
  expect(asCalled(text, true)).toBe('Prove it: lunsmith prove out; or lunsmith demo');
  expect(asCalled(text, false)).toBe(text);
  const bytes = Buffer.from(text);
  expect(asCalled(bytes, true)).toBe(bytes);
});
