/** The files that take longest begin first, so that none of them is left for the end while a processor idles. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * In order of their time on two processors. Files that boot machines, which keep both processors busy for a while and
 * wait for long, stand beside files that build.
 */
export const SLOW = [
  'test/e2e/raspberry-pi.test.ts',
  'test/e2e/boot.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/cache.test.ts',
  'test/e2e/san.test.ts',
  'test/e2e/arch.test.ts',
  'test/e2e/errors.test.ts',
  'test/e2e/rootless.test.ts',
  'test/e2e/target-host.test.ts',
  'test/e2e/multipath.test.ts',
  'test/pipeline/sandbox/stand-ins.real.test.ts',
  'test/gate/hang.real.test.ts',
  'test/e2e/busybox.test.ts',
  'test/e2e/windows.test.ts',
  'test/e2e/stick.test.ts',
  'test/e2e/serve.test.ts',
  'test/stages/machine.real.test.ts',
  'test/hosts/publish/transfer.real.test.ts',
  'test/gate/cell.real.test.ts',
  'test/hosts/boot-files.real.test.ts',
  'test/e2e/canary.test.ts',
];

export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = SLOW.indexOf(relative('.', moduleId));
      return index === -1 ? SLOW.length : index;
    };
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    // The others as they were: the sort is stable.
    return (await super.sort(files)).sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
