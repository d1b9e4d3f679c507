/** What a user reads when no release can be built for the platform and the architecture of a recipe. */
import { expect, it } from 'vitest';
import { changed, problemsOf } from '../../util/recipe-rig.js';

it('an architecture that no machine of the platform has', async () => {
  const raspberryPi = (architecture: string) =>
    `platform: raspberry-pi\narchitecture: ${architecture}\ndisk:`;
  expect(await problemsOf(changed('disk:', raspberryPi('amd64')))).toMatchInlineSnapshot(`
    "r/recipe.yaml:13:15 No machine of the platform raspberry-pi has the architecture amd64.
    architecture: amd64
                  ^^^^^
      Expected: arm64 or armhf
      Found: amd64"
  `);
});

it('an architecture of which nothing could be booted yet', async () => {
  expect(await problemsOf(changed('disk:', 'architecture: arm64\ndisk:'))).toMatchInlineSnapshot(`
    "r/recipe.yaml:12:15 No release can be built for arm64 yet: no iPXE for it is handed out, and the boot gate has no such machine.
    architecture: arm64
                  ^^^^^
      Expected: amd64
      Found: arm64"
  `);
});
