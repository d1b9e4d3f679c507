/** By what the archives of a plan know who asks. */
import { type Authorize, authorizeBy } from '../../base/netrc.js';
import { resolveSecret } from '../../base/secret.js';
import type { Plan } from './plan.js';

/**
 * What a plan's archives are told so that they hand out packages. The references are resolved when this is called, once
 * something has to be fetched.
 * @throws Failure of kind `recipe` when one leads to nothing
 */
export async function authorizationOf({ steps, recipe }: Plan): Promise<Authorize> {
  const all: Authorize[] = [];
  for (const { stage, options } of steps) {
    const reference = stage.credentials?.(options);
    if (reference === undefined) continue;
    all.push(authorizeBy(await resolveSecret(reference, recipe.folder), `\`${reference}\``));
  }
  return (url) => all.map((authorize) => authorize(url)).find((found) => found !== undefined);
}
