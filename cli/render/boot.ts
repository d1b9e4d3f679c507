/** What a person is told who tries a release by hand. */

import type { Accounts } from '../../app/boot/accounts.js';
import type { BootFacts, BootNews } from '../../app/boot.js';
import { cellName } from '../../artifacts/platform/platform.js';
import { quoteArgv } from './text.js';

/** Lines to print; the first of an end is empty, for the console's last line may have none. */
export function bootLines(news: BootNews): readonly string[] {
  switch (news.type) {
    case 'begin':
      return beginLines(news.facts);
    case 'ssh':
      return ['', `SSH answers: ${quoteArgv(news.argv)}`];
    case 'ssh-refused':
      return [
        '',
        `SSH answers, but does not let root in by the key of this try: ${news.found}`,
        `By an account of the release: ssh -p ${news.port} USER@127.0.0.1`,
      ];
    case 'end':
      return endLines(news.facts, news.byItself);
  }
}

function beginLines(facts: BootFacts): string[] {
  const { release, cell, accelerator, keep, terminal, vnc } = facts;
  const { manifest, digest } = release;
  const slow = accelerator === 'tcg' ? ', by software emulation: a login takes a minute or more' : '';
  const command = manifest.kernel?.commandLine;
  const linux = manifest.loader === undefined;
  return [
    `Booting ${manifest.recipe.name}@${digest.slice(0, 12)} by ${cellName(cell)}, as a client would${slow}.`,
    keep === undefined
      ? 'What is written to its LUN is thrown away; --keep FILE keeps it.'
      : `What is written to its LUN stays in ${keep}.`,
    ...(command === undefined ? [] : [`Kernel command line: ${command}`]),
    ...(linux
      ? loginLines(facts)
      : ['What its boot loader starts is not of lunsmith: nothing is known of who may log in.']),
    ...(vnc === undefined
      ? []
      : [`Its screen by VNC: 127.0.0.1:${vnc}. Whoever works on this host can see it and type there.`]),
    `Leave by ${terminal ? 'Ctrl-]' : 'Ctrl-C'}: the machine is cut off, as if its plug were pulled.${linux ? ' `poweroff` in it ends it cleanly.' : ''}`,
    '',
  ];
}

function endLines({ release, cell, keep }: BootFacts, byItself: boolean): string[] {
  const end = byItself ? 'The machine has switched itself off.' : 'The machine was cut off.';
  if (keep === undefined) return ['', end];
  const again = ['npx', 'lunsmith', 'boot', release.path, '--cell', cellName(cell), '--keep', keep];
  return ['', `${end} Its LUN is ${keep}.`, `Boot it again: ${quoteArgv(again)}`];
}

function loginLines({ login, accounts, keep }: BootFacts): string[] {
  const stays = keep === undefined ? '' : ' It stays on the LUN.';
  return [
    `Log in as ${login.name} with the password ${login.password}: an account of this try alone, with root’s rights (systemd 252 or later makes it).${stays}`,
    ...(accounts === undefined ? [] : [ownAccounts(accounts)]),
  ];
}

function ownAccounts({ byPassword, byKey }: Accounts): string {
  const ways = [
    ...(byPassword.length === 0
      ? []
      : [`${byPassword.join(', ')} by the password that the recipe has the hash of`]),
    ...(byKey.length === 0 ? [] : [`${byKey.join(', ')} over SSH by a key of the recipe`]),
  ];
  return ways.length === 0
    ? 'By itself the release lets nobody in: no account of it has a password or an SSH key.'
    : `By itself the release lets in ${ways.join('; ')}.`;
}
