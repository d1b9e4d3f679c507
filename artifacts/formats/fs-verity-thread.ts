/** A thread that digests groups beside others: see fs-verity-groups.ts. It says nothing but why it failed. */
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../base/failure.js';
import { digestPieces, type GroupWork } from './fs-verity-groups.js';

try {
  digestPieces(workerData as GroupWork);
} catch (error) {
  parentPort?.postMessage(Failure.from(error).toRecord());
}
