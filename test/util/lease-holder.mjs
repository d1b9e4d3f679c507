// A process that holds a lease until it is killed; prints `held` when it has it. Called as `node lease-holder.mjs PATH`.
import { createPorts } from '../../dist/pipeline/command.js';
import { takeLease } from '../../dist/pipeline/store/lease.js';

const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
await takeLease(process.argv[2], ports);
console.log('held');
