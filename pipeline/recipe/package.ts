/** package.json of a recipe: its version, and the scripts that are hooks. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Diagnostic } from '../../base/failure.js';
import { editDistance, oneOf } from '../../base/suggest.js';
import { readText } from '../../base/text-file.js';
import { placeOf, type SourceText, startOf } from '../../base/yaml/source.js';
import { HOOK_EVENT_NAMES, HOOK_EVENTS, isHookEvent } from './hook-events.js';

export interface RecipePackage {
  /** Absolute path, absent when the recipe has no package.json. */
  readonly file?: string;
  readonly version?: string;
  readonly hooks: Readonly<Record<string, string>>;
}

const packageSchema = z.looseObject({
  version: z.string('`version` must be a string.').optional(),
  scripts: z
    .record(z.string(), z.string('A script must be a string.'), '`scripts` must be a map.')
    .optional(),
});

/** What is wrong is appended to `problems`. `shown` is the folder as the user knows it. */
export async function readRecipePackage(
  shown: string,
  folder: string,
  problems: Diagnostic[],
): Promise<RecipePackage> {
  const file = join(folder, 'package.json');
  try {
    await access(file);
  } catch {
    return { hooks: {} };
  }
  const text = await readText(file, join(shown, 'package.json'));
  const source: SourceText = { file: join(shown, 'package.json'), folder, text };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /position (\d+)/.exec(message)?.[1];
    const start = Number(position);
    // Not every message tells where; then the file alone is named.
    const place =
      position === undefined
        ? { file: source.file, line: 1, column: 1 }
        : placeOf({ source, start, end: start + 1 });
    problems.push({ what: 'Not valid JSON.', place, found: message.replace(/\s+/g, ' ') });
    return { file, hooks: {} };
  }
  const parsed = packageSchema.safeParse(json);
  if (!parsed.success) {
    for (const { message, path } of parsed.error.issues) {
      problems.push({
        what: path.length === 0 ? 'A package.json is an object.' : message,
        place: keyPlace(source, String(path.at(-1) ?? '')),
      });
    }
    return { file, hooks: {} };
  }
  const { version, scripts = {} } = parsed.data;
  for (const name of Object.keys(scripts)) {
    const near = HOOK_EVENT_NAMES.find((event) => event !== name && editDistance(event, name) <= 1);
    if (isHookEvent(name) || near === undefined) continue;
    problems.push({
      what: `The script \`${name}\` is no hook event and would never run.`,
      place: keyPlace(source, name),
      expected: oneOf(HOOK_EVENT_NAMES),
      hint: `Did you mean \`${near}\` (${HOOK_EVENTS[near]})?`,
    });
  }
  const hooks = Object.fromEntries(Object.entries(scripts).filter(([name]) => isHookEvent(name)));
  return { file, hooks, ...(version === undefined ? {} : { version }) };
}

function keyPlace(source: SourceText, key: string) {
  const start = source.text.indexOf(JSON.stringify(key));
  return start < 0 ? startOf(source) : placeOf({ source, start: start + 1, end: start + 1 + key.length });
}
