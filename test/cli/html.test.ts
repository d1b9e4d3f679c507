/** Nothing of another origin becomes markup. */
import { expect, it } from 'vitest';
import { html, percent, raw } from '../../cli/render/html/html.js';

it('escapes what is put in, and leaves what it made', () => {
  const hostile = `<img src="x" onerror='a&b'>`;
  const escaped = '&lt;img src=&quot;x&quot; onerror=&#39;a&amp;b&#39;&gt;';
  expect(
    html`<p title="${hostile}">${[hostile, html`<b>${1.5}</b>`, undefined, false]}</p>${raw('<i>')}`.html,
  ).toBe(`<p title="${escaped}">${escaped}<b>1.5</b></p><i>`);
});

it('shows what would turn the order of the text', () => {
  expect(html`${'a\u202eb\u001b[2J'}`.html).toBe('a\\u202eb\\u001b[2J');
});

it('has percents of CSS', () => {
  expect([percent(1, 3), percent(0, 5), percent(5, 5)]).toEqual(['33.333%', '0%', '100%']);
});
