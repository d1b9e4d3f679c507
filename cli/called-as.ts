/** How the user calls lunsmith: hints name commands that can be run as they are. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const BY_NPX = 'npx lunsmith';
const BY_NAME = 'lunsmith';

/** Where npx finds the programs of a project, which it puts before all else. */
const OF_A_PROJECT = /\/node_modules\/\.bin\/?$/;

/** Whether `lunsmith` alone is a command, as it is where a package has installed it. @param path as PATH lists folders */
export function isCommand(path: string | undefined): boolean {
  return (path ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && !OF_A_PROJECT.test(folder))
    .some((folder) => {
      try {
        accessSync(join(folder, BY_NAME), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** What texts say of commands, as this user calls them; bytes stay what they are. */
export function asCalled<Text>(text: Text, byName: boolean): Text | string {
  return byName && typeof text === 'string' ? text.replaceAll(BY_NPX, BY_NAME) : text;
}
