import { createHash } from 'node:crypto';
import {
  type AuditedToken,
  type AuditFinding,
  type AuditThresholds,
  expiresAt,
  severities,
} from '../core/audit/rules.ts';
import { formatInstant } from '../core/util/instant.ts';
import { pageScript, pageStyle } from './audit-html-assets.ts';
import { auditSummary } from './audit-text.ts';
import { placeText } from './change-lines.ts';
import { printable } from './sanitize.ts';

const week = 7 * 86_400;
/** Length of the timeline, in weeks. */
const weeks = 52;
/** Number of dates listed below the timeline. */
const nextDates = 6;

/**
 * Renders findings as one self-contained page: it works offline, and without its script. Names come from others, so
 * everything is escaped, and the page's own policy allows only its style and script, by their hashes.
 */
export function renderAuditHtml(
  findings: readonly AuditFinding[],
  tokens: readonly AuditedToken[],
  { now, days }: AuditThresholds,
): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(pageStyle)}'`,
    `script-src '${hashOf(pageScript)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Audit of registry tokens</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>Audit of registry tokens</h1>
<p>${escaped(auditSummary(findings, tokens.length))}</p>
<p class="dim">As of <time datetime="${formatInstant(now)}">${formatInstant(now)}</time>. Tokens that expire within ${days} days are listed as expiring.</p>
</header>
<main>
<ul class="counts">${severities
    .toReversed()
    .map(
      (severity) =>
        `<li class="${severity}"><b>${findings.filter((finding) => finding.severity === severity).length}</b>${severity}</li>`,
    )
    .join('')}</ul>
${timeline(tokens, now)}
<h2 id="findings">Findings</h2>
${findings.length === 0 ? '<p>No findings.</p>' : findingsTable(findings)}
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for HTML, including attribute values. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function findingsTable(findings: readonly AuditFinding[]): string {
  const heads = ['Severity', 'Rule', 'Token', 'Finding', 'Declared at'];
  const options = (values: readonly string[]): string =>
    ['<option value="">all</option>', ...values.map((value) => `<option>${escaped(value)}</option>`)].join(
      '',
    );
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  return `<div class="filters">
<label>Text <input id="text" type="search" autocomplete="off"></label>
<label>Severity <select id="severity">${options(severities.toReversed())}</select></label>
<label>Rule <select id="rule">${options(rules)}</select></label>
<p id="shown" class="dim" role="status"></p>
</div>
<table aria-labelledby="findings">
<thead><tr>${heads.map((head) => `<th scope="col"><button type="button">${head}</button></th>`).join('')}</tr></thead>
<tbody>
${findings.map((finding) => findingRow(finding, heads)).join('\n')}
</tbody>
</table>`;
}

function findingRow(
  { severity, rule, address, id, message, advice, source }: AuditFinding,
  heads: readonly string[],
): string {
  const cells: readonly (readonly [string, string?])[] = [
    [`<span class="${severity}">${severity}</span>`, String(severities.indexOf(severity))],
    [`<code>${rule}</code>`],
    [`<code>${escaped(address)}</code><br><span class="dim">${escaped(id)}</span>`],
    [`${escaped(message)}<br><span class="dim">→ ${escaped(advice)}</span>`],
    [source === null ? '' : `<code>${escaped(placeText(source))}</code>`],
  ];
  return `<tr data-severity="${severity}" data-rule="${rule}">${cells
    .map(
      ([content, order], index) =>
        `<td data-label="${heads[index]}"${order === undefined ? '' : ` data-order="${order}"`}>${content}</td>`,
    )
    .join('')}</tr>`;
}

interface Dated {
  readonly at: number;
  readonly address: string;
  readonly what: 'ends' | 'turns';
}

/** Renders the expiries and rotations of each week, and the next dates by name. */
function timeline(tokens: readonly AuditedToken[], now: number): string {
  const dated = tokens
    .flatMap((audited): readonly Dated[] => {
      const { address, declared } = audited;
      const due = declared?.generation?.due;
      const at = declared?.generation ? due : expiresAt(audited);
      return at === undefined ? [] : [{ at, address, what: declared?.generation ? 'turns' : 'ends' }];
    })
    .filter(({ at }) => at >= now)
    .sort((a, b) => a.at - b.at);
  const near = dated.filter(({ at }) => at < now + weeks * week);
  const list = dated
    .slice(0, nextDates)
    .map(
      ({ at, address, what }) =>
        `<li><time datetime="${formatInstant(at)}">${formatInstant(at).slice(0, 10)}</time> <code>${escaped(address)}</code> ${what === 'ends' ? 'expires' : 'rotates'}</li>`,
    );
  if (dated.length === 0) {
    return '<h2>Expiries and rotations</h2><p>No token expires or rotates from now on.</p>';
  }
  return `<h2 id="timeline">Expiries and rotations</h2>
<p class="dim"><span class="key ends"></span>expires<span class="key turns"></span>rotates; week by week, for a year</p>
${bars(near, now)}
<ol>${list.join('')}</ol>`;
}

function bars(dated: readonly Dated[], now: number): string {
  const counts = Array.from({ length: weeks }, () => ({ ends: 0, turns: 0 }));
  for (const { at, what } of dated) {
    const count = counts[Math.floor((at - now) / week)];
    if (count) count[what] += 1;
  }
  const max = Math.max(1, ...counts.map(({ ends, turns }) => ends + turns));
  const [width, height, base] = [624, 120, 100];
  const step = width / weeks;
  const drawn = counts.flatMap(({ ends, turns }, index) => {
    if (ends + turns === 0) return [];
    const from = formatInstant(now + index * week).slice(0, 10);
    const tall = (count: number): number => (count / max) * (base - 10);
    const box = (what: 'ends' | 'turns', count: number, under: number): string =>
      count === 0
        ? ''
        : `<rect class="${what}" x="${index * step + 1}" width="${step - 2}" y="${base - tall(count + under)}" height="${tall(count)}"/>`;
    return [
      `<g><title>week of ${from}: ${ends} expire, ${turns} rotate</title>${box('ends', ends, 0)}${box('turns', turns, ends)}</g>`,
    ];
  });
  const quarters = [0, 13, 26, 39].map(
    (index) =>
      `<text x="${index * step}" y="${height - 5}">${formatInstant(now + index * week).slice(0, 10)}</text>`,
  );
  const total = `${dated.length} within a year, at most ${max} in a week`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Expiries and rotations: ${total}">
<line class="axis" x1="0" x2="${width}" y1="${base}" y2="${base}"/>${drawn.join('')}${quarters.join('')}
</svg>`;
}
