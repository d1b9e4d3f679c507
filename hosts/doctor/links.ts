/** The two links that decide what clients see. */
import { hostLayout } from '../host/layout.js';
import type { HostFacts } from '../site/facts.js';
import type { Finding } from './finding.js';
import type { Entries } from './survey.js';

/** Pure. */
export function linkFindings(facts: HostFacts, serial: number, entries: Entries): Finding[] {
  if (serial === 0) return [];
  const layout = hostLayout(facts);
  const [current, http] = [entries.get('current'), entries.get('http')];
  const findings: Finding[] = [];
  const wrong = (where: string, expected: string, found: string, hint: string): Finding => ({
    ...{ level: 'error', about: 'links', what: 'A link does not lead where it should.' },
    ...{ where, expected, found, hint },
  });
  if (current?.link !== `states/${serial}`) {
    findings.push(
      wrong(
        layout.current,
        `a link to states/${serial}`,
        foundBy(current),
        `Run there: ln -sfn states/${serial} ${layout.current}`,
      ),
    );
  }
  if (http?.link !== 'current/http') {
    findings.push(
      wrong(
        layout.http,
        'a link to current/http',
        foundBy(http),
        `Run there: ln -sfn current/http ${layout.http}`,
      ),
    );
  }
  return findings;
}

function foundBy(entry: ReturnType<Entries['get']>): string {
  if (entry === undefined) return 'nothing';
  return entry.type === 'link' ? `a link to ${entry.link}` : `a ${entry.type}`;
}
