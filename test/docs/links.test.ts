/** Every page leads somewhere: links within the project and their anchors, and each page of docs/ can be come to. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...(await readdir('docs')).filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
];
const texts = new Map<string, string>();
for (const page of PAGES) texts.set(page, await readFile(page, 'utf8'));

/** As GitHub makes them: small letters, no punctuation but `-` and `_`, `-` for spaces, and a number for one that is there already. */
function anchorsOf(text: string): Set<string> {
  const found = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const base = words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const before = found.get(base) ?? 0;
    found.set(base, before + 1);
    anchors.add(before === 0 ? base : `${base}-${before}`);
  }
  return anchors;
}

function withoutCode(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```/gm, '');
}

interface Link {
  readonly page: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

const links: Link[] = [...texts].flatMap(([page, text]) =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, to = '']) => {
    if (/^[a-z]+:/.test(to)) return [];
    const [file = '', anchor] = to.split('#');
    return [{ page, path: file === '' ? page : normalize(join(dirname(page), file)), anchor }];
  }),
);

it('each link leads to a file', () => {
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ path }) => !existsSync(path))).toEqual([]);
});

it('each anchor is a heading of its page', () => {
  const lost = links.filter(({ path, anchor }) => {
    if (anchor === undefined) return false;
    const text = texts.get(path);
    return text === undefined || !anchorsOf(text).has(anchor);
  });
  expect(lost).toEqual([]);
});

it('each page of docs/ can be come to from the README', () => {
  const seen = new Set(['README.md']);
  for (const page of seen) {
    for (const link of links) if (link.page === page && texts.has(link.path)) seen.add(link.path);
  }
  expect(PAGES.filter((page) => !seen.has(page))).toEqual([]);
});
