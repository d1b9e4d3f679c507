/** The composite action, for tests that look at its steps or run them. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

export interface ActionStep {
  readonly name: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

export interface Action {
  readonly inputs: readonly string[];
  readonly steps: readonly ActionStep[];
}

export async function readAction(): Promise<Action> {
  const action = parse(await readFile('.github/actions/lunsmith/action.yml', 'utf8')) as {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly runs: { readonly steps: readonly ActionStep[] };
  };
  return { inputs: Object.keys(action.inputs), steps: action.runs.steps };
}
