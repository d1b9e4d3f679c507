/** `lunsmith completion`: a script by which a shell completes commands, options and their values. */
import { Argument, type Command } from '@commander-js/extra-typings';
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { commandWords } from '../completion/words.js';
import type { Session } from '../session.js';

export function addCompletionCommand(program: Command, session: Session): void {
  program
    .command('completion')
    .summary('print a script for the completion of a shell')
    .description('Prints a script by which a shell completes commands, options and their values.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish'] as const))
    .addHelpText('after', HELP)
    .action((shell) => {
      session.open({ plain: true });
      const words = commandWords(program);
      session.terminal.stdout.write(shell === 'fish' ? fishCompletion(words) : bashCompletion(words));
    });
}

const HELP = `
Examples:
  $ lunsmith completion bash > ~/.local/share/bash-completion/completions/lunsmith
  $ echo 'source <(lunsmith completion zsh)' >> ~/.zshrc
  $ lunsmith completion fish > ~/.config/fish/completions/lunsmith.fish`;
