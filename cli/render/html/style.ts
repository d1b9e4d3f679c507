/** How reports look: by the reader's light or dark theme, at any width, and on paper. */

/** Milestones follow the colours of a scale, so that a late one is told from an early one. */
const MILESTONE_HUES = [265, 245, 225, 205, 185, 165, 145, 110, 75, 48, 20] as const;

const milestones = (saturation: number, lightness: number) =>
  MILESTONE_HUES.map((hue, index) => `--m${index}: hsl(${hue} ${saturation}% ${lightness}%);`).join(' ');

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --paper: #fff; --ink: #1c2127; --soft: #59636e; --line: #d9dee4; --link: #0b5cad;
  --good: #146c43; --good-ground: #dff3e7; --bad: #a1262c; --bad-ground: #fbe3e4; --warn: #7a4b00; --warn-ground: #fdefd2; --plain-ground: #e9edf2;
  --base: #cfdcf3; --manual: #ffd6a1; --dependency: #c4e6cd; --data: #2563ab; --empty: #e6eaef; --tile-ink: #17202b;
  ${milestones(52, 72)}
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161b; --paper: #1a2027; --ink: #e4e9ee; --soft: #9aa7b4; --line: #313a44; --link: #7db8f5;
    --good: #86d9a8; --good-ground: #143424; --bad: #ff9d9f; --bad-ground: #43191c; --warn: #f3c778; --warn-ground: #3d2c0c; --plain-ground: #28313a;
    --base: #2f4572; --manual: #77491a; --dependency: #23543a; --data: #6aa8ea; --empty: #2a323b; --tile-ink: #eef2f6;
    ${milestones(36, 27)}
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
header, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 clamp(0.75rem, 3vw, 2rem); }
header { padding-top: 1.75rem; }
h1 { margin: 0; font-size: clamp(1.5rem, 1.1rem + 1.6vw, 2.1rem); line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.75rem; font-size: 1.15rem; }
h3 { margin: 1.25rem 0 0.4rem; font-size: 0.95rem; }
p { margin: 0.4rem 0; max-width: 75ch; }
.kind { margin: 0; color: var(--soft); font-size: 0.8rem; letter-spacing: 0.08em; text-transform: uppercase; }
a { color: var(--link); }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
small, .soft, footer { color: var(--soft); }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 0.5rem; top: 0.5rem; background: var(--paper); padding: 0.5rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 1px; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 0.6rem; margin: 1rem 0; padding: clamp(0.8rem, 2.5vw, 1.4rem); }
footer { padding-bottom: 2rem; font-size: 0.85rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.75rem 1.5rem; margin: 1rem 0 0; }
.figures dt { color: var(--soft); font-size: 0.8rem; } .figures dd { margin: 0; font-size: 1.2rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.figures small { display: block; font-size: 0.8rem; }
.marks { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0.75rem 0 0; padding: 0; list-style: none; }
.mark { display: inline-block; padding: 0.05rem 0.55rem; border-radius: 1rem; font-size: 0.85rem; font-weight: 600; white-space: nowrap; background: var(--plain-ground); }
.good { color: var(--good); background: var(--good-ground); } .bad { color: var(--bad); background: var(--bad-ground); } .warn { color: var(--warn); background: var(--warn-ground); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; } thead th { color: var(--soft); font-weight: 500; font-size: 0.8rem; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:last-child > * { border-bottom: 0; }
td code { overflow-wrap: normal; } td:has(code) { min-width: 10rem; } td.wide { min-width: 18rem; }
details { margin-top: 0.8rem; } summary { cursor: pointer; color: var(--link); }
ul.plain { margin: 0.3rem 0; padding-left: 1.2rem; }
pre { margin: 0.3rem 0; padding: 0.6rem; background: var(--ground); border-radius: 0.4rem; overflow-x: auto; font: 0.82rem/1.45 ui-monospace, monospace; }
.screens { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 0.75rem; }
.screens figure { margin: 0; } .screens img { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 0.3rem; } figcaption { color: var(--soft); font-size: 0.8rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0.6rem 0; padding: 0; list-style: none; font-size: 0.85rem; color: var(--soft); }
.legend i { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.4em; border-radius: 0.15em; border: 1px solid rgb(128 128 128 / 0.5); }
.base { background: var(--base); } .manual { background: var(--manual); } .dependency { background: var(--dependency); } .data { background: var(--data); } .empty { background: var(--empty); }
.used { background: var(--data); } .promised { background: repeating-linear-gradient(45deg, var(--warn) 0 3px, transparent 3px 7px); }
${MILESTONE_HUES.map((_, index) => `.m${index} { background: var(--m${index}); }`).join(' ')}

.strip { position: relative; height: 3.4rem; background: var(--empty); border-radius: 0.3rem; overflow: hidden; }
.strip > div { position: absolute; top: 0; bottom: 0; min-width: 2px; border-right: 2px solid var(--paper); overflow: hidden; container-type: size; color: var(--tile-ink); background: var(--base); font-size: 0.85rem; }
.strip > div.gap { background: var(--empty); } .strip.thin { height: 1.1rem; margin-top: 3px; }
.strip span { display: block; padding: 0.2rem 0.45rem; line-height: 1.3; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
@container (max-width: 3.4rem) { .strip span, .bar span { visibility: hidden; } }
.fill { display: block; width: 100%; height: 1.1rem; margin-top: 3px; border-radius: 0.3rem; background: var(--empty); } .fill rect { fill: var(--data); }
.scale { position: relative; height: 1.4rem; font-size: 0.75rem; color: var(--soft); } .scale span { position: absolute; transform: translateX(-50%); white-space: nowrap; } .scale span:first-child { transform: none; } .scale span:last-child { transform: translateX(-100%); }

.tiles { position: relative; height: 30rem; margin: 0; padding: 0; list-style: none; }
.tiles li { position: absolute; left: var(--x); top: var(--y); width: var(--w); height: var(--h); padding: 0 1px 1px 0; }
.tiles button { display: flex; align-items: flex-start; width: 100%; height: 100%; margin: 0; padding: 0; border: 0; border-radius: 0.15rem; overflow: hidden; container-type: size; color: var(--tile-ink); font: inherit; font-size: 0.78rem; text-align: left; }
.tiles button:hover { filter: brightness(1.12); } .tiles button:focus-visible { outline-offset: -3px; outline-color: var(--ink); }
.tiles span { display: block; min-width: 0; padding: 0.15rem 0.35rem; line-height: 1.25; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
@container (max-width: 3.2rem) or (max-height: 1.3rem) { .tiles span { display: none; } }
@container (max-height: 2.6rem) { .tiles small { display: none; } }
.tiles small { display: block; color: inherit; }
.says { min-height: 1.5em; margin: 0.5rem 0 0; font-size: 0.9rem; }
@media (max-width: 40rem) { .tiles { height: 34rem; } .tiles li { left: var(--nx); top: var(--ny); width: var(--nw); height: var(--nh); } }

.rows { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr max-content; gap: 0.25rem 0.75rem; align-items: center; font-size: 0.85rem; }
.rows > .scale { grid-column: 2; } .rows > .name { color: var(--soft); } .rows > .name.strong { color: var(--ink); font-weight: 500; }
.bar { position: relative; height: 1.7rem; background: var(--ground); border-radius: 0.2rem; }
.bar.before { height: 0.9rem; opacity: 0.75; }
.bar > div { position: absolute; top: 0; bottom: 0; min-width: 1px; border-right: 1px solid var(--paper); overflow: hidden; container-type: size; color: var(--tile-ink); }
.bar span { display: block; padding: 0.15rem 0.35rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .bar.before span { display: none; }
.dots { position: relative; height: 1.7rem; border-bottom: 1px solid var(--line); } .dots > div { position: absolute; top: 0.35rem; width: 0.95rem; height: 0.95rem; margin-left: -0.47rem; border-radius: 50%; background: var(--empty); border: 2px solid var(--data); } .dots > div.current { background: var(--data); }
.space { position: relative; height: 1.6rem; border-radius: 0.3rem; background: var(--empty); overflow: hidden; display: flex; } .space i { display: block; }
.search { margin: 0.6rem 0; } .search input { font: inherit; padding: 0.25rem 0.5rem; border: 1px solid var(--line); border-radius: 0.3rem; background: var(--ground); color: var(--ink); width: min(20rem, 100%); }
.added { color: var(--good); } .removed { color: var(--bad); }
@media (max-width: 40rem) { .scale span:nth-child(even) { display: none; } .rows { grid-template-columns: 1fr max-content; } .rows > .name { grid-column: 1 / -1; margin-top: 0.3rem; } .rows > .scale { grid-column: 1; } .rows > .bar, .rows > .dots { grid-column: 1; } }

@media print {
  :root { --ground: #fff; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; }
  body { font-size: 11px; } section { break-inside: avoid-page; border: 0; padding: 0.5rem 0; } .skip, .search, .says { display: none; }
  * { print-color-adjust: exact; } .scroll { overflow: visible; } thead { display: table-header-group; } .tiles { height: 22rem; }
}
`;
