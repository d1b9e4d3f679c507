import { expect, it } from 'vitest';
import { makeIdentity } from '../../gate/identity.js';

const digest = 'd'.repeat(64);

it('follows from release and cell, but for its secrets', () => {
  const cell = { firmware: 'bios', path: 'san', secret: 'right' } as const;
  const [one, two] = [makeIdentity(cell, digest), makeIdentity(cell, digest)];
  const { chapSecret: _a, offeredSecret: _b, login: _c, token: _d, ...plain } = one;
  expect(two).toMatchObject(plain);
  expect(plain.initiator).toBe('iqn.2026-01.net.lunsmith.gate:client.bios-san');
  expect(plain.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
  expect(one.chapSecret).not.toBe(two.chapSecret);
  expect(one.login.password).not.toBe(two.login.password);
  expect(one.chapSecret).toMatch(/^[0-9a-f]{16}$/);
});

it('offers the secret, or another one', () => {
  for (const firmware of ['bios', 'uefi'] as const) {
    const right = makeIdentity({ firmware, path: 'direct', secret: 'right' }, digest);
    const wrong = makeIdentity({ firmware, path: 'direct', secret: 'wrong' }, digest);
    expect(right.offeredSecret).toBe(right.chapSecret);
    expect(wrong.offeredSecret).not.toBe(wrong.chapSecret);
  }
});
