/** A process that holds a sandbox until it is killed; prints `waiting` when the inside is at work. */
import { enterSandbox } from '../../pipeline/sandbox/enter.js';
import type { SandboxInside } from './sandbox.js';

const payload: SandboxInside = { do: 'wait' };
await enterSandbox(
  { module: 'test/inside/sandbox.js', payload, network: 'own' },
  (event) => 'message' in event && console.log(event.message),
  new AbortController().signal,
);
