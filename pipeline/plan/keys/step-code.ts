/** Which of our modules make what a step keeps: those of its stage, of what that asks its distribution, and of what runs it. */
import { sha256OfText } from '../../../base/digest.js';
import { GUARD, NATIVE } from '../../distribution.js';
import type { PlannedStep } from '../planned-step.js';
import type { CodeDigest } from './code-digest.js';

export interface StepCode {
  /** Where a stage's code is. */
  readonly moduleOf: (stage: string) => URL;
  /** Where the code of a distribution's topic is. */
  readonly topicOf: (distribution: string, topic: string) => URL;
  readonly code: CodeDigest;
}

/** The module that makes each kind of result, with all that it imports. */
const RUNNERS = {
  rootfs: '../../build/stage-layer.js',
  hook: '../../build/hook-layer.js',
  output: '../../build/stage-output.js',
  /** Puts a release together of what the steps made. */
  release: '../../build/executor.js',
} as const;
/** The sandbox, in which all of them run: what makes it, the first process in it, and what lets it run foreign programs. */
const SANDBOX = ['../../sandbox/enter.js', '../../sandbox/inside.js', '../../sandbox/foreign.js'] as const;

/** Digests of what runs the steps, by kind of result. */
export type Runners = Readonly<Record<keyof typeof RUNNERS, string>>;

export function runnersOf(code: CodeDigest): Runners {
  const digest = (module: string) => code(new URL(ownForm(module), import.meta.url));
  const sandbox = SANDBOX.map(digest);
  const digests = Object.entries(RUNNERS).map(([kind, module]): [string, string] => [
    kind,
    sha256OfText([digest(module), ...sandbox].join('\n')),
  ]);
  return Object.fromEntries(digests) as Runners;
}

/** Under a runner that takes TypeScript as it is, the modules are TypeScript. */
function ownForm(module: string): string {
  return import.meta.url.endsWith('.ts') ? module.replace(/\.js$/, '.ts') : module;
}

/** Digests of a step's own code, of the stage and of each topic that it asks. */
export function codeOfStep(
  { stage, distribution, emulator }: PlannedStep,
  { moduleOf, topicOf, code }: StepCode,
): string[] {
  const native = emulator === undefined || distribution?.native === undefined ? [] : [NATIVE];
  const topics = distribution === undefined ? [] : [GUARD, ...native, ...(stage.asks ?? [])];
  const modules = topics.map((topic) => topicOf(distribution?.id ?? '', topic));
  return [moduleOf(stage.name), ...modules].map(code);
}
