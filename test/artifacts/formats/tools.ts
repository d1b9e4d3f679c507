/** What the tests of formats share: real tools, and a folder that goes away. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createPorts } from '../../../base/command.js';
import { Failure } from '../../../base/failure.js';
import type { Ports } from '../../../base/ports.js';
import { removeTree } from '../../../base/remove-tree.js';

export const ports: Ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
export const { run } = ports;

export interface TestFolder extends AsyncDisposable {
  readonly path: string;
  at(name: string): string;
}

export async function testFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'lunsmith-formats-'));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => removeTree(path),
  };
}

/** stdout of a tool that judges. */
export async function ask(tool: string, ...args: string[]): Promise<string> {
  return (await run([tool, ...args], { doing: `ask ${tool}`, quiet: true })).stdout;
}

/** The failure that `act` throws. */
export function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return error as Failure;
  }
  throw new Error('nothing was thrown');
}
