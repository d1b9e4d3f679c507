/** The registry inside the sandbox. */
import type { Registry } from '../registry.js';

/** @param module as {@link Registry.module} */
export async function importRegistry(module: string): Promise<Registry> {
  const { registry } = (await import(new URL(`../../${module}`, import.meta.url).href)) as {
    readonly registry: Registry;
  };
  return registry;
}
