/**
 * What the page does when somebody touches it. Without it everything is there too, in tables. It writes text alone, never markup.
 */
export const SCRIPT = `
for (const map of document.querySelectorAll('[data-tiles]')) {
  const tiles = [...map.querySelectorAll('button')];
  const says = document.getElementById(map.dataset.tiles);
  const rest = says.textContent;
  const show = (tile) => { says.textContent = tile ? tile.getAttribute('aria-label') : rest; };
  const go = (tile) => {
    if (!tile) return;
    for (const each of tiles) each.tabIndex = -1;
    tile.tabIndex = 0;
    tile.focus();
  };
  map.addEventListener('keydown', (event) => {
    const at = tiles.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: tiles.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    go(tiles[to]);
  });
  map.addEventListener('focusin', (event) => show(event.target.closest('button')));
  map.addEventListener('focusout', () => show());
  map.addEventListener('pointerover', (event) => { const tile = event.target.closest('button'); if (tile) show(tile); });
  map.addEventListener('pointerleave', () => show(map.contains(document.activeElement) ? document.activeElement : undefined));
}
for (const box of document.querySelectorAll('[data-filter]')) {
  const part = document.getElementById(box.dataset.filter);
  const rows = [...part.querySelectorAll('tbody tr')];
  const line = box.closest('p');
  const count = line.querySelector('output');
  line.hidden = false;
  box.addEventListener('input', () => {
    const wanted = box.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) shown += 1;
    }
    count.textContent = shown + ' of ' + rows.length;
  });
}
addEventListener('beforeprint', () => { for (const each of document.querySelectorAll('details[data-print]')) each.open = true; });
`;
