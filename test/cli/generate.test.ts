import { describe, expect, it } from 'vitest';
import { staleFiles } from '../../cli/generate.js';

describe('generated files', () => {
  it('are those that the schemas give: else run `npm run generate`', async () => {
    expect(await staleFiles()).toEqual([]);
  });
});
