/** Size and reason of packages, from pacman's own database: it notes which ones came only because others need them. */
import { needsOf } from '../needs.js';
import type { Inventory } from '../topics.js';
import { commonArchitecture } from './pacman/architecture.js';
import { parseDescription, targetOf, valueOf } from './pacman/desc.js';

const RECORD = /^\/var\/lib\/pacman\/local\/[^/]+\/desc$/;
/** `%REASON%` of what was installed as a dependency (libalpm's alpm_pkgreason_t). */
const DEPENDENCY = '1';

export const inventory: Inventory = {
  isRecord: (path) => RECORD.test(path),
  packages: (records) => {
    const all = [...records.values()].map(parseDescription);
    const targets = (values: readonly string[] = []) => values.map(targetOf);
    const needs = needsOf(
      all.map((each) => ({
        name: valueOf(each, 'NAME') ?? '',
        provides: targets(each.get('PROVIDES')),
        depends: targets(each.get('DEPENDS')).map((target) => [target]),
      })),
    );
    return all
      .map((each) => {
        const value = (field: string) => valueOf(each, field) ?? '';
        return {
          name: value('NAME'),
          version: value('VERSION'),
          architecture: commonArchitecture(value('ARCH')),
          bytes: Number(value('SIZE')) || 0,
          why: value('REASON') === DEPENDENCY ? ('dependency' as const) : ('manual' as const),
          neededBy: needs.neededBy(value('NAME')),
        };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  },
};
