/** The pages that `lunsmith report` writes, in Chromium: of a real release and host, with hostile words in all that is foreign. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Release, writeProof } from '../../artifacts/release/release.js';
import { createCommandLine } from '../../cli/command-line.js';
import { type TestFolder, testFolder } from '../artifacts/formats/tools.js';
import { smallRelease, TREE } from '../artifacts/release/compare/small-release.js';
import { barriers, openPage, startBrowser } from '../util/browser.js';
import { proofOf } from '../util/hosts.js';
import { type HostHome, hostHome } from './a-host.js';
import { pipes } from './fake-terminal.js';
import { hostCalls } from './host-calls.js';

const WIDTHS = [375, 900, 1600] as const;
/** Runs in any page that takes it for markup, be it as an element or in an attribute. */
const HOSTILE = `"'><img src=x onerror=alert(1)><script>alert(2)</script>`;
const SCREEN = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAQAAAADCAAAAACRn/EaAAAAC0lEQVR42mNgQAEAAA8AASbyXtkAAAAASUVORK5CYII=',
  'base64',
);

let folder: TestFolder;
let host: HostHome;
let browser: Browser;
beforeAll(async () => {
  vi.stubEnv('LUNSMITH_SITE', undefined);
  [folder, host, browser] = await Promise.all([testFolder(), hostHome(), startBrowser()]);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await browser.close();
  await host[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function call(args: readonly string[], env: Record<string, string> = {}) {
  const terminal = { ...pipes(env), cwd: folder.path };
  const code = await createCommandLine(terminal, new AbortController().signal).run(args);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** Drawn at every width, light and dark, without a word on the console or a request, and for everybody. */
async function expectGood(file: string): Promise<void> {
  await using open = await openPage(browser, file, { width: 900, scheme: 'light', bypass: true });
  const { page } = open;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      // Nothing is wider than the window.
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const heights = "[...document.querySelectorAll('section')].map((each) => each.offsetHeight)";
      expect(Math.min(...(await page.evaluate<number[]>(heights)))).toBeGreaterThan(50);
    }
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(246, 247, 249)' : 'rgb(18, 22, 27)');
    expect(await barriers(page)).toEqual([]);
  }
  expect([open.said, open.requests]).toEqual([[], []]);
}

describe('of a release', () => {
  let release: Release;
  let file: string;
  beforeAll(async () => {
    const status = (version: string) =>
      [
        `Package: dash\nStatus: install ok installed\nEssential: yes\nArchitecture: amd64\nVersion: ${version}\nInstalled-Size: 226\nDepends: libc6`,
        'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\nInstalled-Size: 12986',
        `Package: ${HOSTILE}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nInstalled-Size: 9000`,
        '',
      ].join('\n\n');
    const packages = (version: string) => [
      { name: 'dash', version, architecture: 'amd64' },
      { name: HOSTILE, version: '1', architecture: 'amd64' },
    ];
    const before = await smallRelease(folder.at('before'), {
      tree: { ...TREE, 'var/lib/dpkg/status': status('1') },
      manifest: { packages: packages('1') },
    });
    release = await smallRelease(folder.at('now'), {
      tree: { ...TREE, 'etc/motd': 'other\n', 'var/lib/dpkg/status': status('2') },
      boot: { 'boot/sanboot.ipxe': `#!ipxe\necho ${HOSTILE}\n` },
      manifest: {
        packages: packages('2'),
        recipe: { name: HOSTILE, version: HOSTILE, sha256: '0'.repeat(64) },
        kernel: { version: HOSTILE, commandLine: HOSTILE },
        tools: { [HOSTILE]: HOSTILE },
      },
    });
    const cell = { firmware: 'bios', path: 'san', secret: 'right' } as const;
    for (const [each, slow] of [
      [before, 2],
      [release, 1],
    ] as const) {
      await writeProof(each.path, {
        ...proofOf(each.digest, cell),
        milestones: [
          { boot: 1, milestone: 'dhcp', seconds: 2 * slow },
          { boot: 1, milestone: 'kernel', seconds: 5 * slow },
          { boot: 1, milestone: HOSTILE, seconds: 9 * slow },
        ],
        checks: [{ name: HOSTILE, passed: false, found: HOSTILE }],
      });
    }
    // A screen of 4 by 3 pixels, one that is a link to elsewhere, and one that is no picture.
    const evidence = join(release.path, 'proofs', 'bios-san');
    await mkdir(evidence);
    await writeFile(join(evidence, 'login-1.png'), SCREEN);
    await writeFile(join(evidence, 'no-picture.png'), HOSTILE);
    await symlink(folder.at('secret.png'), join(evidence, 'link.png'));
    await writeFile(folder.at('secret.png'), SCREEN);
    await writeFile(join(evidence, 'console.log'), `    1.00  begin\n    2.00  ${HOSTILE}\n`);
    file = folder.at('now.html');
    const { code, out, err } = await call(['report', 'now', '--before', 'before', '--output', 'now.html']);
    expect({ code, out, err }).toEqual({ code: 0, out: 'Wrote now.html\n', err: '' });
  });

  it('is drawn for everybody, and nothing foreign becomes markup', () => expectGood(file));

  it('shows the screens of its proofs, and what the console said last', async () => {
    await using open = await openPage(browser, file, { width: 900, scheme: 'light' });
    const { page } = open;
    const screens = page.getByRole('img', { name: /^The screen of/ });
    expect(await screens.count()).toBe(1);
    expect(await screens.getAttribute('alt')).toBe('The screen of bios-san at login 1');
    const size = '[...document.images].map((each) => [each.naturalWidth, each.naturalHeight])';
    expect(await page.evaluate(size)).toEqual([[4, 3]]);
    await page.getByText('The last lines of the console of bios-san').click();
    expect(await page.getByRole('region', { name: 'Console of bios-san' }).textContent()).toBe(
      `    1.00  begin\n    2.00  ${HOSTILE}`,
    );
  });

  it('has packages, boots, disk and difference to scale', async () => {
    await using open = await openPage(browser, file, { width: 900, scheme: 'light' });
    const { page } = open;
    const area = async (name: string) => {
      const box = await page.getByRole('button', { name }).boundingBox();
      return (box?.width ?? 0) * (box?.height ?? 0);
    };
    // As their sizes are to each other.
    expect((await area('libc6 13.3 MB')) / (await area(HOSTILE))).toBeCloseTo(12986 / 9000, 1);
    const width = async (name: string) => {
      const parts = await page.getByRole('img', { name }).locator('> div').all();
      const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
      return boxes.reduce((sum, box) => sum + (box?.width ?? 0), 0);
    };
    const [now, old] = [await width('bios-san, boot 1: '), await width('bios-san, boot 1, release before')];
    expect(old / now).toBeCloseTo(2, 1);
    const text = await page.locator('#difference').innerText();
    expect(text).toContain('1 changed');
    expect(text).toContain('LUN image');
    expect(await page.locator('#proofs').innerText()).toContain('1 of 1 check failed');
    expect(await page.locator('#disk tbody tr').count()).toBe(3);
  });

  it('is used by the keyboard alone', async () => {
    await using open = await openPage(browser, file, { width: 900, scheme: 'light' });
    const { page } = open;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the report');
    const tiles = page.locator('.tiles button');
    // One stop of the tab key, whatever the number of packages.
    expect(await page.locator('.tiles button[tabindex="0"]').count()).toBe(1);
    await tiles.first().focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('#tile-says').innerText()).toContain(HOSTILE);
    const table = page.locator('#package-table');
    await table.locator('summary').press('Enter');
    await table.locator('input').fill('dash');
    expect(await table.locator('output').innerText()).toBe('1 of 3');
    expect(await table.locator('tbody tr:visible').innerText()).toContain('base system');
    expect(open.said).toEqual([]);
  });

  it('gives its bill of materials away', async () => {
    await using open = await openPage(browser, file, { width: 900, scheme: 'light' });
    const [download] = await Promise.all([
      open.page.waitForEvent('download'),
      open.page.getByRole('link', { name: 'Download the bill of materials' }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/^[\w.-]+\.cdx\.json$/);
    const bom = JSON.parse(await readFile(await download.path(), 'utf8')) as {
      components: { name: string }[];
    };
    expect(bom.components.map(({ name }) => name)).toContain(HOSTILE);
  });

  it('prints all that it shows', async () => {
    await using open = await openPage(browser, file, { width: 900, scheme: 'dark' });
    await open.page.emulateMedia({ media: 'print' });
    expect(await open.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    expect((await open.page.pdf()).subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('is refused for what is neither, and leaves no file', async () => {
    const { code, err } = await call(['report', './nowhere', '-o', 'x.html']);
    expect(code).toBe(2);
    expect(err).toContain('nowhere is not a release.');
    await expect(readFile(folder.at('x.html'))).rejects.toThrow('ENOENT');
  });
});

describe('of a target host and a client', () => {
  const { ok, events } = hostCalls(() => host);
  const page = (name: string) => join(host.home, name);
  beforeAll(async () => {
    await writeFile(join(host.home, 'chap'), 'canary-5-77ae\n', { mode: 0o600 });
    await host.site(`    gate: []
channels: [edge, stable]
clients:
  web1: { mac: '52:54:00:00:00:01', channel: stable, secret: 'file:chap' }
  web2: { mac: '52:54:00:00:00:02', channel: stable, secret: 'file:chap', follows: rebase }
`);
    for (const version of ['v1', 'v2']) {
      const release = await host.release(version, Buffer.alloc(2 ** 20, version));
      await events(0, 'publish', release);
      await events(0, 'promote', 'debian-bookworm', 'stable');
      if (version === 'v1') await events(0, 'client', 'add', 'web1', 'web2');
    }
    await ok('report', 'lab', '-o', 'lab.html');
    await ok('report', 'web1');
  });

  it('shows channels, clients and who is behind', async () => {
    await expectGood(page('lab.html'));
    await using open = await openPage(browser, page('lab.html'), { width: 900, scheme: 'light' });
    expect(await open.page.locator('#channels tbody tr').first().innerText()).toMatch(
      /^stable\s+debian-bookworm@/,
    );
    expect(await open.page.locator('#clients tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^web2\s+behind\s+main\s+stable\s+debian-bookworm@/) as unknown,
      expect.stringMatching(/^web1\s+✔ up to date\s+main\s+stable\s+debian-bookworm@/) as unknown,
    ]);
    expect(await open.page.locator('#generations .dots > div').count()).toBe(3);
  });

  it('shows the LUNs of a client and its boot chain, and no secret', async () => {
    await expectGood(page('web1.report.html'));
    const text = await readFile(page('web1.report.html'), 'utf8');
    expect(text).not.toContain('canary-5');
    expect(text).toContain('Boot chain');
  });
});

it('is shown on the desktop of the user, which their environment leads to', async () => {
  await mkdir(folder.at('bin'));
  const seen = folder.at('opened');
  const script = `#!/bin/sh\nprintf '%s %s\\n' "$DISPLAY" "$1" > ${seen}\n`;
  await writeFile(folder.at('bin/xdg-open'), script, { mode: 0o755 });
  const env = { PATH: `${folder.at('bin')}:${process.env['PATH']}`, DISPLAY: ':7' };
  const { code } = await call(['report', 'now', '--output', 'open.html', '--open'], env);
  expect([code, await readFile(seen, 'utf8')]).toEqual([0, `:7 ${folder.at('open.html')}\n`]);
});
