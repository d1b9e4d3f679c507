/** Packages of any distribution that a recipe names and that are refused, each at its place. */
import { notBuiltPackage } from '../../artifacts/platform/not-built.js';
import type { StageFinding } from '../../pipeline/stage.js';

/** @param requests as a recipe writes them under `option`: `NAME`, `NAME=VERSION`, `NAME/SUITE` */
export function refusedPackages(option: string, requests: readonly string[]): StageFinding[] {
  return requests.flatMap((request, index): StageFinding[] => {
    const [name = ''] = request.split(/[=/:]/, 1);
    const refused = notBuiltPackage(name);
    return refused === undefined ? [] : [{ ...refused, path: [option, index], found: `\`${request}\`` }];
  });
}
