/** The boot chain as it is watched: every log of the cell runs through here. */

import { type Cell, cellName } from '../artifacts/platform/platform.js';
import type { ConsoleFacts } from '../artifacts/release/console.js';
import { findSymptom, SYMPTOM_WORDS, type Symptom } from '../artifacts/release/symptoms.js';
import { Failure } from '../base/failure.js';
import type { Ports } from '../base/ports.js';
import { Broken, Undecided } from './broken.js';
import { CONSOLE_LOG, type Evidence } from './evidence.js';
import {
  chainOf,
  createProgress,
  milestoneOfConsole,
  milestoneOfDnsmasq,
  type Progress,
  type Starts,
} from './milestones.js';
import type { Redactor } from './redact.js';

export interface Chain extends Disposable {
  readonly progress: Progress;
  /** Aborts when the chain cannot go on (reason: Broken), the host fails (reason: Undecided) or the user wants to stop (reason: Failure). */
  readonly signal: AbortSignal;
  /** What was seen that is bad and yet expected. */
  readonly tolerated: readonly Symptom[];
  /** What the system of the last boot said first of time that ran out for a unit. */
  readonly ranOut: string | undefined;
  consoleLine(line: string): void;
  /** What the firmware of a Raspberry Pi says. */
  firmwareLine(line: string): void;
  consolePartial(text: string): void;
  dnsmasqLine(line: string): void;
}

export interface ChainOptions {
  readonly cell: Cell;
  readonly starts: Starts;
  /** That of the release. */
  readonly console: ConsoleFacts;
  readonly ports: Ports;
  readonly evidence: Evidence;
  readonly redactor: Redactor;
}

/** A cell with a wrong secret is to be refused; then it goes on to its own end. */
const REFUSALS: readonly Symptom['kind'][] = ['san-refused', 'initramfs-refused'];
/** Prompts that have no line end. */
const PROMPTS: readonly Symptom['kind'][] = ['initramfs-shell', 'boot-loader'];

/** What systemd says of a job whose time is over. */
const RAN_OUT = /\bTimed out (?:waiting for device|starting|mounting|activating|checking) /;

/** What dnsmasq logs when it cannot read what it shall serve; a file that is not there may be asked for all the same. */
const OWN_FAULT = /dnsmasq-tftp\[.*: cannot (?:access|read) /;

export function watchChain({ cell, starts, console, ports, evidence, redactor }: ChainOptions): Chain {
  const task = cellName(cell);
  const controller = new AbortController();
  const interrupt = () =>
    controller.abort(new Failure('interrupted', { what: `Interrupted: ${task} was not proven.` }));
  ports.signal.addEventListener('abort', interrupt, { once: true });
  if (ports.signal.aborted) interrupt();
  const tolerated: Symptom[] = [];
  const progress = createProgress(chainOf(cell, starts), (milestone, boot) =>
    ports.emit({ type: 'milestone', task, milestone, boot }),
  );
  let ranOut: { readonly boot: number; readonly line: string } | undefined;
  const take = (symptom: Symptom) => {
    if (cell.secret === 'wrong' && REFUSALS.includes(symptom.kind)) tolerated.push(symptom);
    else
      controller.abort(
        new Broken(`${SYMPTOM_WORDS[symptom.kind]}: ${redactor.text(symptom.line)}`, { symptom }),
      );
  };
  return {
    progress,
    tolerated,
    get ranOut() {
      return ranOut?.boot === progress.boot ? ranOut.line : undefined;
    },
    signal: controller.signal,
    firmwareLine: (line) => {
      evidence.log('firmware.log', redactor.text(line));
      // It sends no request for its address, which dnsmasq would acknowledge.
      if (line.startsWith('DHCP: ')) progress.reach('dhcp');
    },
    consoleLine: (line) => {
      evidence.log(CONSOLE_LOG, line);
      ports.emit({ type: 'output', task, tool: 'console', stream: 'stdout', line: redactor.text(line) });
      progress.reach(milestoneOfConsole(line, console));
      if (RAN_OUT.test(line) && ranOut?.boot !== progress.boot)
        ranOut = { boot: progress.boot, line: redactor.text(line.trim()) };
      const symptom = findSymptom(line, console);
      if (symptom !== undefined) take(symptom);
    },
    consolePartial: (text) => {
      const symptom = findSymptom(text, console);
      if (symptom !== undefined && PROMPTS.includes(symptom.kind)) take(symptom);
    },
    dnsmasqLine: (line) => {
      evidence.log('dnsmasq.log', line);
      // A file of ours that our own server may not read says nothing of the release.
      if (OWN_FAULT.test(line))
        controller.abort(new Undecided(`the gate’s own TFTP server failed: ${redactor.text(line)}`));
      progress.reach(milestoneOfDnsmasq(line));
    },
    [Symbol.dispose]: () => ports.signal.removeEventListener('abort', interrupt),
  };
}
