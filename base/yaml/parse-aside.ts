/**
 * YAML that is parsed aside: a long text takes the parser seconds, in which a process would hear of no signal. So
 * it is parsed in a thread of its own, whose memory is bounded.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Parsed, parseYaml } from './parse.js';
import { type SourceText, startOf } from './source.js';

/** Characters from which on a thread is worth its start (30 ms). */
const LONG = 32 * 1024;
const MOST_MEGABYTES = 384;

/** As {@link parseYaml}. */
export async function parseYamlAside(source: SourceText, expected?: string): Promise<Parsed> {
  if (source.text.length < LONG) return parseYaml(source, expected);
  const thread = new Worker(threadFile(), {
    workerData: { source, expected },
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
  });
  try {
    const [parsed] = (await once(thread, 'message')) as [Parsed];
    return parsed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    const what = 'The file takes more memory to read than any recipe or site does.';
    return { problems: [{ what, place: startOf(source), hint: 'Is it the right file?' }] };
  } finally {
    await thread.terminate();
  }
}

/** The compiled thread, also when this file itself runs from source, as under a test runner. */
function threadFile(): URL {
  if (import.meta.url.endsWith('.ts'))
    return new URL('../../dist/base/yaml/parse-thread.js', import.meta.url);
  return new URL('./parse-thread.js', import.meta.url);
}
