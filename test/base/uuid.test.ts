import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recipeFatId, recipeUuid, uuidV5 } from '../../base/uuid.js';

describe('uuidV5', () => {
  it('gives the value of RFC 9562, appendix A.4', () => {
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });
});

describe('recipeUuid', () => {
  it('never changes: clients find their disks by it', () => {
    expect(recipeUuid('debian-bookworm', 'disk')).toBe('319110ab-f71a-5851-9ef9-c53d36558034');
    expect(recipeUuid('debian-bookworm', 'filesystem/root')).toBe('2f475fd3-8bb9-5f07-baac-3004c973d084');
    expect(recipeFatId('debian-bookworm', 'filesystem/esp')).toBe('042B-5C7A');
  });

  it('is a version 5 UUID, the same for the same names and another for others', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (recipe, name, other) => {
        const uuid = recipeUuid(recipe, name);
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(uuid).toBe(recipeUuid(recipe, name));
        expect(uuid === recipeUuid(recipe, other)).toBe(name === other);
        expect(recipeFatId(recipe, name)).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
