/** What is proven of a release, cell by cell. */
import { cellName } from '../../../artifacts/platform/platform.js';
import type { Proof } from '../../../artifacts/release/proof.js';
import { formatSeconds, plural } from '../text.js';
import { type Html, html } from './html.js';
import { details, mark, section, table, when } from './parts.js';

export function proofMarks(proofs: readonly Proof[]): Html {
  if (proofs.length === 0) return html`<p>${mark('warn', 'nothing is proven yet')}</p>`;
  return html`<ul class="marks">${proofs.map(({ cell, passed }) => html`<li>${outcome(passed, cellName(cell))}</li>`)}</ul>`;
}

function outcome(passed: boolean, words: string): Html {
  return passed ? mark('good', `✔ ${words}`) : mark('bad', `✘ ${words} failed`);
}

export function proofSection(proofs: readonly Proof[]): Html {
  if (proofs.length === 0)
    return section('proofs', 'Proofs', html`<p>None yet: <code>npx lunsmith prove RELEASE</code></p>`);
  return section(
    'proofs',
    'Proofs',
    table(
      'Proofs of the release',
      ['cell', 'result', 'checks', { title: 'took', number: true }, 'machine', 'at (UTC)'],
      proofs.map((proof) => [
        cellName(proof.cell),
        outcome(proof.passed, proof.passed ? 'passed' : 'it'),
        checkWords(proof),
        formatSeconds(proof.seconds),
        `${proof.accelerator}, ${proof.network === 'tap' ? 'own network' : 'QEMU’s user network'}`,
        when(proof.at),
      ]),
    ),
    proofs.map((proof) =>
      details(
        `What ${cellName(proof.cell)} showed`,
        table(
          `Checks of ${cellName(proof.cell)}`,
          ['check', 'result', 'found'],
          proof.checks.map(({ name, passed, found }) => [
            name,
            passed ? mark('good', '✔ passed') : mark('bad', '✘ failed'),
            html`<code>${found}</code>`,
          ]),
        ),
      ),
    ),
  );
}

function checkWords({ checks, leftOut }: Proof): string {
  const failed = checks.filter(({ passed }) => !passed).length;
  const left = leftOut === undefined ? '' : `, without ${leftOut.join(' and ')}`;
  return failed === 0
    ? `${plural(checks.length, 'check')}${left}`
    : `${failed} of ${plural(checks.length, 'check')} failed`;
}
