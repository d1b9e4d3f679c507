/** A process that holds a lease until it is killed; prints `held` when it has it. Called as `node lease-holder.js PATH`. */
import { createPorts } from '../../base/command.js';
import { takeLease } from '../../pipeline/store/lease.js';

const [path = ''] = process.argv.slice(2);
const ports = createPorts({ emit: () => undefined, signal: new AbortController().signal });
await takeLease(path, ports);
console.log('held');
