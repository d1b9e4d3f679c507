/** The boot chain of one client, from power-on to its login prompt, with what to look at where it stops. Pure. */
import type { BootMethod } from '../artifacts/platform/platform.js';
import { firstScript, tftpLoad } from './explain/firmware.js';
import type { Link } from './explain/link.js';
import { installedLoader, loader, ownLoader } from './explain/loader.js';
import { sanLogin } from './explain/lun.js';
import { powerOn } from './explain/power-on.js';
import { piKernel, piPowerOn, piTftp } from './explain/raspberry-pi.js';
import { findClient, makeSettings } from './explain/script.js';
import { type ExplainedClient, type Subject, subjectOf } from './explain/subject.js';
import { initramfsLogin, kernel, login, rootMount } from './explain/system.js';

export type { Link, Stop } from './explain/link.js';
export type { ExplainedClient } from './explain/subject.js';

const FIRST = [powerOn, tftpLoad, firstScript, findClient, makeSettings];
const LAST = [initramfsLogin, rootMount, login];

const CHAINS: Readonly<Record<BootMethod, readonly ((subject: Subject) => Link)[]>> = {
  san: [...FIRST, sanLogin, loader, kernel, ...LAST],
  direct: [...FIRST, kernel, ...LAST],
  tftp: [piPowerOn, piTftp, piKernel, ...LAST],
};

/** Of a system that is not ours nothing is known after its boot loader. */
function chainOf({ image, manifest }: ExplainedClient): readonly ((subject: Subject) => Link)[] {
  if (image.blank === true) return [...FIRST, sanLogin, installedLoader];
  return manifest?.loader === undefined ? CHAINS[image.boot] : [...FIRST, sanLogin, ownLoader];
}

/** The links in their order. No secret is in them. */
export function explainClient(explained: ExplainedClient): readonly Link[] {
  const subject = subjectOf(explained);
  return chainOf(explained).map((link) => link(subject));
}
