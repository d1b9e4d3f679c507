/** What is wrong with target hosts, as lines for people. */

import type { HostFindings } from '../../app/site/doctor.js';
import { Failure } from '../../base/failure.js';
import type { Finding } from '../../hosts/doctor.js';
import type { Style } from './style.js';
import { plural } from './text.js';

export function doctorLines(hosts: readonly HostFindings[], style: Style): string[] {
  return hosts.flatMap(({ host, findings }, index) => [
    ...(index === 0 ? [] : ['']),
    `${style.bold(host)}  ${summary(findings, style)}`,
    ...findings.flatMap((finding) => findingLines(finding, style)),
  ]);
}

function countWords(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((each) => each.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const words = [
    ...(errors === 0 ? [] : [plural(errors, 'error')]),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ];
  return words.join(' and ');
}

function summary(findings: readonly Finding[], style: Style): string {
  return findings.length === 0 ? style.green('all agrees') : countWords(findings);
}

function findingLines({ level, what, where, expected, found, hint }: Finding, style: Style): string[] {
  const paint = level === 'error' ? style.red : style.yellow;
  return [
    `  ${paint(`${level}:`)} ${what}`,
    `    where:    ${where}`,
    ...(expected === undefined ? [] : [`    expected: ${expected}`]),
    ...(found === undefined ? [] : [`    found:    ${found}`]),
    `    to do:    ${hint}`,
  ];
}

/** Warnings alone are no failure. @throws Failure of kind `integrity` when there is an error */
export function requireHealthy(hosts: readonly HostFindings[]): void {
  const ill = hosts.filter(({ findings }) => findings.some(({ level }) => level === 'error'));
  const [first, ...others] = ill.map(({ host, findings }) => ({
    what: `${host}: ${countWords(findings)}, told above.`,
    hint: `Do what each of them says, then run: npx lunsmith doctor --on ${host}`,
  }));
  if (first !== undefined) throw new Failure('integrity', [first, ...others]);
}
