/** The thread of parse-aside.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { parseYaml } from './parse.js';
import type { SourceText } from './source.js';

const { source, expected } = workerData as { readonly source: SourceText; readonly expected?: string };
parentPort?.postMessage(parseYaml(source, expected));
