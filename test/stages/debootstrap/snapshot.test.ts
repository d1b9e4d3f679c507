import { expect, it } from 'vitest';
import { mirrorAt, SNAPSHOT, snapshotTime } from '../../../stages/debootstrap/snapshot.js';

const mirror = { origin: 'recipe', main: 'http://a/debian', security: 'http://a/debian-security' } as const;

it.each([
  ['2025-01-01', '2025-01-01T00:00:00.000Z', '20250101T000000Z'],
  ['20250228T235959Z', '2025-02-28T23:59:59.000Z', '20250228T235959Z'],
])('%s is a time, and the end of a URL', (text, time, stamp) => {
  expect(SNAPSHOT.test(text)).toBe(true);
  expect(snapshotTime(text).toISOString()).toBe(time);
  expect(mirrorAt(mirror, snapshotTime(text))).toEqual({
    origin: 'recipe',
    main: `http://a/debian/${stamp}`,
    security: `http://a/debian-security/${stamp}`,
  });
});

it.each(['2025-13-01', '2025-1-1', '20250101', '20250101T250000Z', 'yesterday', '2025-01-01/../x'])(
  '%s is none',
  (text) => expect(SNAPSHOT.test(text)).toBe(false),
);

it('without one the archives are as they are', () => expect(mirrorAt(mirror, undefined)).toBe(mirror));
