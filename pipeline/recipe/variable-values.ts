/** The values of a recipe's variables: `--set`, else the default. */
import { resolve } from 'node:path';
import type { Diagnostic } from '../../base/failure.js';
import { validate } from '../../base/schema/validate.js';
import { didYouMean, oneOf } from '../../base/suggest.js';
import { child, type MapNode, placeAt } from '../../base/yaml/node.js';
import {
  readValue,
  type Variable,
  type VariableValue,
  type VariableValues,
  variableSchema,
} from './variables.js';

/** What is wrong is appended to `problems`; a variable with a problem is known but has no value. */
export function variableValues(
  root: MapNode,
  set: Readonly<Record<string, string>>,
  problems: Diagnostic[],
): VariableValues {
  const values = new Map<string, VariableValue | undefined>();
  const section = child(root, 'variables');
  const names = section?.kind === 'map' ? [...section.entries.keys()] : [];
  for (const name of names) {
    // Those that are declared wrongly are known by name all the same.
    values.set(name, undefined);
    const under = ['variables', name];
    const variable = validate(variableSchema, { root, under }, problems);
    if (variable === undefined) continue;
    const given = Object.hasOwn(set, name) ? set[name] : undefined;
    const wanted = given ?? variable.default;
    if (wanted === undefined) {
      problems.push({
        what: `The variable \`${name}\` has no value.`,
        place: placeAt(root, under),
        hint: `Give it a \`default\`, or build with \`--set ${name}=VALUE\`.`,
      });
      continue;
    }
    const read = readValue(name, variable, wanted);
    if ('value' in read) values.set(name, given === undefined ? read.value : absolute(variable, read.value));
    else if (given === undefined)
      problems.push({ ...read.problem, place: placeAt(root, [...under, 'default']) });
    else
      problems.push({
        ...read.problem,
        what: `${read.problem.what.replace(/\.$/, '')}, given by \`--set\`.`,
      });
  }
  for (const name of Object.keys(set).filter((word) => !names.includes(word))) {
    problems.push({
      what: `\`--set ${name}=…\` sets a variable that the recipe does not have.`,
      expected: names.length === 0 ? 'no `--set`: the recipe has no variables' : oneOf(names),
      ...didYouMean(name, names),
    });
  }
  return values;
}

/** A path of the command line is meant as the shell that it was typed in shows it. */
function absolute({ type }: Variable, value: VariableValue): VariableValue {
  return type === 'path' ? resolve(String(value)) : value;
}
