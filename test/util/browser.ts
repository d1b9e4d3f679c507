/** Pages in a real browser: Debian's Chromium without a window. */
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Of the package chromium-headless-shell. */
const PROGRAM = '/usr/bin/chromium-headless-shell';

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page said on the console, errors that nobody caught, and dialogs. */
  readonly said: readonly string[];
  /** URLs that were asked for, but for that of the page itself. */
  readonly requests: readonly string[];
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM });
}

/** @param bypass lets a test's own scripts run beside the policy of the page */
export async function openPage(
  browser: Browser,
  file: string,
  how: { readonly width: number; readonly scheme: 'light' | 'dark'; readonly bypass?: true },
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: how.width, height: 900 },
    colorScheme: how.scheme,
    bypassCSP: how.bypass === true,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const said: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  const url = `file://${file}`;
  page.on('request', (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  await page.goto(url);
  return { page, said, requests, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe finds that keeps somebody from using the page: rules of WCAG 2.1 A and AA, with the places. */
export async function barriers(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe.source });
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
    }),
  );
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
  );
}
