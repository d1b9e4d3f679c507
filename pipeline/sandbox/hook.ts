/**
 * Recipe hooks: scripts of the recipe's package.json that run at fixed events, inside the sandbox, with a scrubbed
 * environment, a time-out, and the same cancellation as every tool.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOOL_PATH } from '../../base/command.js';
import type { Ports } from '../../base/ports.js';
import type { HookEvent } from '../recipe/hook-events.js';
import type { Recipe } from '../recipe/recipe.js';
import { hookFailure } from './hook-failure.js';

/** Seconds that one hook may take. */
const TIMEOUT = 1800;

/**
 * Runs the recipe's script for an event, if it has one.
 * @param facts what the script learns, as environment variables `LUNSMITH_…`
 */
export async function runHook(
  recipe: Recipe,
  event: HookEvent,
  facts: Readonly<Record<string, string>>,
  ports: Ports,
): Promise<void> {
  if (recipe.hooks[event] === undefined) return;
  const host = fileURLToPath(new URL('hook-host.js', import.meta.url));
  try {
    await ports.run([process.execPath, host, recipe.folder, event], {
      doing: `run the recipe’s hook \`${event}\``,
      env: {
        PATH: `${TOOL_PATH}:${dirname(process.execPath)}`,
        LUNSMITH_EVENT: event,
        LUNSMITH_RECIPE: recipe.name,
        SOURCE_DATE_EPOCH: String(recipe.epoch),
        ...facts,
      },
      timeout: TIMEOUT,
    });
  } catch (error) {
    throw hookFailure(error, recipe, event);
  }
}
