/** Steps cut out of a recipe's text as they are written there, comments included. */
import { child, textAt } from '../../base/yaml/node.js';
import { parseYaml } from '../../base/yaml/parse.js';

/** For each stage the text of the first step that uses it, from its `- ` on, indented as in `steps:` of a recipe. */
export function stepExamples(text: string): ReadonlyMap<string, string> {
  const examples = new Map<string, string>();
  const parsed = parseYaml({ file: 'recipe.yaml', folder: '/', text });
  const steps = 'root' in parsed ? child(parsed.root, 'steps') : undefined;
  if (steps?.kind !== 'list') return examples;
  for (const item of steps.items) {
    const uses = textAt(item, 'uses');
    if (uses === undefined || examples.has(uses)) continue;
    const lineStart = text.lastIndexOf('\n', item.start) + 1;
    examples.set(uses, text.slice(lineStart, item.end).replace(/\s+$/, ''));
  }
  return examples;
}
