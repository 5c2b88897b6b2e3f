/** The style of the page. There is no attribute `style` anywhere: the page's policy allows this and nothing else. */
export const pageStyle = `
:root { color-scheme: light; --back: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d0d7de; --card: #f6f8fa;
  --high: #b3261e; --medium: #7d4e00; --low: #0b5394; --bar: #0969da; --turn: #8250df; }
@media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; --back: #0d1117; --text: #e6edf3; --dim: #9198a1;
  --line: #30363d; --card: #161b22; --high: #ff7b72; --medium: #e3b341; --low: #79c0ff; --bar: #58a6ff; --turn: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: .75rem 0 0; }
p { margin: .25rem 0; } .dim { color: var(--dim); }
[hidden] { display: none !important; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; margin: 1rem 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; background: var(--card); }
.counts b { font-size: 1.5rem; display: block; line-height: 1.2; }
.high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
.filters { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0; align-items: end; }
label { display: flex; flex-direction: column; font-size: .85rem; color: var(--dim); }
input, select, button { font: inherit; font-size: 1rem; color: var(--text); background: var(--card); border: 1px solid var(--line);
  border-radius: .375rem; padding: .35rem .5rem; max-width: 100%; } input, select { height: 2.4rem; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid var(--line); }
th { padding: .25rem 0; } th button { width: 100%; text-align: left; font-weight: 600; background: none; border-color: transparent;
  cursor: pointer; white-space: nowrap; } th button:hover { background: var(--card); }
th[aria-sort=ascending] button::after { content: ' \\25B2'; } th[aria-sort=descending] button::after { content: ' \\25BC'; }
code, .id { font-family: ui-monospace, monospace; font-size: .9rem; } .id { font-size: .8rem; }
.word, .long { display: inline-block; max-width: 100%; overflow-wrap: anywhere; }
svg { width: 100%; display: block; padding-left: 2.5rem; overflow: visible; margin: .5rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: var(--dim); }
.axis { stroke: var(--dim); } .grid { stroke: var(--line); } .expires { fill: var(--bar); } .rotates { fill: var(--turn); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 .5em; print-color-adjust: exact; }
.key.expires { background: var(--bar); } .key.rotates { background: var(--turn); }
ol { padding-left: 2rem; margin: .25rem 0; }
@media (min-width: 68rem) { .word { white-space: nowrap; } .long { max-width: 19rem; } td:nth-child(4) { width: 34%; } }
@media (max-width: 67.99rem) {
  table, thead, tbody, td { display: block; } thead tr { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; }
  thead tr::before { content: 'Sort by'; color: var(--dim); font-size: .85rem; } th { border: 0; padding: 0; }
  th button { border-color: var(--line); } td { border: 0; padding: 0; } td:empty { display: none; }
  .place::before { content: 'Declared at '; color: var(--dim); }
  tbody tr { display: grid; grid-template: auto auto 1fr / 10rem minmax(0, 1fr); gap: .25rem 1rem; padding: .75rem 0;
    border-bottom: 1px solid var(--line); }
  tbody td { grid-column: 2; } tbody td:nth-child(1) { grid-area: 1 / 1; } tbody td:nth-child(2) { grid-area: 2 / 1; }
  tbody td:nth-child(3) { grid-row: 1 / span 3; }
}
@media (max-width: 48rem) { svg .minor { display: none; } }
@media (max-width: 40rem) {
  tbody tr { display: block; } tbody td:nth-child(-n+2) { display: inline-block; margin-right: .75rem; }
}
@media print {
  label { display: none; } th button { padding: 0; border: 0; } body { max-width: none; padding: 0; }
  tr, svg { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
@media print and (max-width: 67.99rem) { thead { display: none; } }
`;

/** Script that sorts and filters the table. Without it the whole page is still there, in order of severity. */
export const pageScript = `
const table = document.querySelector('table');
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const text = document.querySelector('#text');
  const severity = document.querySelector('#severity');
  const rule = document.querySelector('#rule');
  const shown = document.querySelector('#shown');
  const filter = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits =
        row.textContent.toLowerCase().includes(wanted) &&
        (severity.value === '' || row.dataset.severity === severity.value) &&
        (rule.value === '' || row.dataset.rule === rule.value);
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = count + ' of ' + rows.length + ' shown';
  };
  for (const control of [text, severity, rule]) control.addEventListener('input', filter);
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    head.querySelector('button').addEventListener('click', () => {
      const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction);
      const sign = direction === 'ascending' ? 1 : -1;
      const valueOf = (row) => row.cells[column].dataset.order ?? row.cells[column].textContent;
      rows.sort((a, b) => sign * valueOf(a).localeCompare(valueOf(b), 'en', { numeric: true }));
      body.append(...rows);
    });
  }
  filter();
}
`;
