/** All distributions by their ids: each a folder beside this file that bears its id. */

import { arch } from './arch/index.js';
import { debian } from './debian/index.js';
import type { Distribution } from './distribution.js';

export const distributions: ReadonlyMap<string, Distribution> = new Map(
  [debian, arch].map((each) => [each.id, each]),
);

/** The module of a distribution's topic: its file has the topic's name. */
export function topicModule(distribution: string, topic: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${distribution}/${topic}.${extension}`, import.meta.url);
}
