/** A distribution that only tests know, beside those of the project; builds inside the sandbox read it from here. */
import { type Registry, registry as standard } from '../../../app/registry.js';
import { busybox } from './distribution.js';
import { busyboxRoot } from './root.js';

const here = (module: string) =>
  new URL(`./${module}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export const registry: Registry = {
  module: 'test/inside/busybox/registry.js',
  stages: new Map([...standard.stages, [busyboxRoot.name, busyboxRoot]]),
  distributions: new Map([...standard.distributions, [busybox.id, busybox]]),
  stageModule: (stage) => (stage === busyboxRoot.name ? here('root') : standard.stageModule(stage)),
  topicModule: (distribution, topic) =>
    distribution === busybox.id ? here('distribution') : standard.topicModule(distribution, topic),
};
