import { expect, it } from 'vitest';
import { BOOT_METHODS } from '../../../artifacts/platform/platform.js';
import { clientFactsSchema } from '../../../hosts/host/client-facts.js';
import { WEB1 } from '../boot-host.js';

it.each(BOOT_METHODS)('are read again as they were written, with `boot: %s`', (boot) => {
  const facts = { ...WEB1, images: [{ name: 'main', channel: 'stable', boot }] };
  expect(clientFactsSchema.parse(JSON.parse(JSON.stringify(facts)))).toEqual(facts);
});
