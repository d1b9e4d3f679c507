/** The boot chain of one client, from power-on to its login prompt, with what to look at where it stops. Pure. */
import { firstScript, tftpLoad } from './explain/firmware.js';
import type { Link } from './explain/link.js';
import { loader, sanLogin } from './explain/lun.js';
import { powerOn } from './explain/power-on.js';
import { findClient, makeSettings } from './explain/script.js';
import { type ExplainedClient, subjectOf } from './explain/subject.js';
import { initramfsLogin, kernel, login, rootMount } from './explain/system.js';

export type { Link, Stop } from './explain/link.js';
export type { ExplainedClient } from './explain/subject.js';

const FIRST = [powerOn, tftpLoad, firstScript, findClient, makeSettings];
const LAST = [kernel, initramfsLogin, rootMount, login];

/** The links in their order. No secret is in them. */
export function explainClient(explained: ExplainedClient): readonly Link[] {
  const subject = subjectOf(explained);
  const links = explained.image.boot === 'san' ? [...FIRST, sanLogin, loader, ...LAST] : [...FIRST, ...LAST];
  return links.map((link) => link(subject));
}
