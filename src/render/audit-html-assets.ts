/** The style of the page. There is no attribute `style` anywhere: the page's policy allows this and nothing else. */
export const pageStyle = `
:root { color-scheme: light dark; --back: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d0d7de; --card: #f6f8fa;
  --high: #b3261e; --medium: #7d4e00; --low: #0b5394; --bar: #0969da; --turn: #8250df; }
@media (prefers-color-scheme: dark) { :root { --back: #0d1117; --text: #e6edf3; --dim: #9198a1; --line: #30363d; --card: #161b22;
  --high: #ff7b72; --medium: #e3b341; --low: #79c0ff; --bar: #58a6ff; --turn: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .dim { color: var(--dim); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; padding: 0; margin: 1rem 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; background: var(--card); }
.counts b { font-size: 1.5rem; display: block; line-height: 1.2; }
.high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
.filters { display: flex; flex-wrap: wrap; gap: .75rem; margin: .5rem 0; align-items: end; }
label { display: flex; flex-direction: column; font-size: .85rem; color: var(--dim); }
input, select, button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .375rem; padding: .35rem .5rem; max-width: 100%; }
:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .5rem; border-bottom: 1px solid var(--line); }
th { padding: .25rem; } th button { width: 100%; text-align: left; font-weight: 600; border-color: transparent; cursor: pointer; white-space: nowrap; }
th[aria-sort=ascending] button::after { content: ' \\25B2'; } th[aria-sort=descending] button::after { content: ' \\25BC'; }
code { font-family: ui-monospace, monospace; font-size: .9em; }
svg { width: 100%; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; fill: var(--dim); }
.axis { stroke: var(--line); } .ends { fill: var(--bar); } .turns { fill: var(--turn); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin: 0 .3em 0 .8em; }
.key.ends { background: var(--bar); } .key.turns { background: var(--turn); }
ol { padding-left: 2rem; margin: .5rem 0; }
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; } thead tr { display: flex; flex-wrap: wrap; gap: .25rem; } th { border: 0; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } td { border: 0; padding: .1rem 0; }
  td::before { content: attr(data-label) ' '; color: var(--dim); font-size: .85rem; }
  [hidden] { display: none; }
}
@media print { .filters { display: none; } th button { padding: 0; } body { max-width: none; } tr { break-inside: avoid; } }
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
