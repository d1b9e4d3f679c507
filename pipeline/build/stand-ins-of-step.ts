/** Native programs that stand in for those of a foreign root for the time of one step. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ports } from '../../base/ports.js';
import type { AskTools } from '../native-tools.js';
import type { PooledPackage } from '../plan/package-set.js';
import type { PlannedStep } from '../plan/planned-step.js';
import type { RecipeFacts } from '../recipe-facts.js';
import { type OpenStandIns, openStandIns } from '../sandbox/stand-ins.js';

/** A step, and the tree that it works in. */
export interface StepInRoot {
  readonly step: Pick<PlannedStep, 'id' | 'distribution'>;
  readonly facts: Pick<RecipeFacts, 'architecture'>;
  readonly rootfs: string;
  readonly scratch: string;
  readonly packages: readonly PooledPackage[];
  readonly native?: AskTools | undefined;
  readonly ports: Ports;
}

/** @returns undefined where there are no native tools for the root */
export async function standInsOf({
  step,
  facts: { architecture },
  rootfs,
  scratch,
  packages,
  native,
  ports,
}: StepInRoot): Promise<OpenStandIns | undefined> {
  const knows = step.distribution?.native;
  const tools = knows === undefined ? undefined : await native?.(step.id, ports);
  if (knows === undefined || tools === undefined) return undefined;
  const looked = join(scratch, 'stand-ins');
  await mkdir(looked, { recursive: true });
  const root = { rootfs, architecture, coming: packages, scratch: looked };
  const standIns = await knows.standIns(tools, root, ports);
  return openStandIns(standIns, tools, { architecture, folder: join(scratch, 'trampolines') });
}
