// A process that holds a sandbox until it is killed; prints `waiting` when the inside is at work.
import { enterSandbox } from '../../dist/pipeline/sandbox/enter.js';

await enterSandbox(
  { module: '../test/util/sandbox-inside.mjs', payload: { do: 'wait' }, network: 'own' },
  (event) => console.log(event.message),
  new AbortController().signal,
);
