import { createHash } from 'node:crypto';
import {
  type AuditedToken,
  type AuditFinding,
  type AuditThresholds,
  severities,
} from '../core/audit/rules.ts';
import { expirySeconds } from '../core/model/field-rules.ts';
import { formatInstant } from '../core/util/instant.ts';
import { auditChart, type TokenDate } from './audit-chart.ts';
import { pageScript, pageStyle } from './audit-html-assets.ts';
import { escaped, wrappable } from './audit-html-text.ts';
import { auditSummary } from './audit-text.ts';
import { placeText } from './change-lines.ts';

/** Number of dates listed below the chart. */
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
<table role="table" aria-labelledby="findings">
<thead role="rowgroup"><tr role="row">${heads.map((head) => `<th role="columnheader" scope="col"><button type="button">${head}</button></th>`).join('')}</tr></thead>
<tbody role="rowgroup">
${findings.map(findingRow).join('\n')}
</tbody>
</table>`;
}

/** Renders a row. The roles are explicit because browsers drop them if a narrow page shows the rows as cards. */
function findingRow({ severity, rule, address, id, message, advice, source }: AuditFinding): string {
  const cells: readonly string[] = [
    `<td role="cell" data-order="${severities.indexOf(severity)}"><span class="${severity}">${severity}</span></td>`,
    `<td role="cell"><code class="word">${rule}</code></td>`,
    `<td role="cell"><code>${wrappable(address)}</code><br><span class="dim id">${identifier(id)}</span></td>`,
    `<td role="cell">${wrappable(message)}<br><span class="dim">→ ${wrappable(advice)}</span></td>`,
    source === null
      ? '<td role="cell"></td>'
      : `<td role="cell" class="place"><code>${wrappable(placeText(source))}</code></td>`,
  ];
  return `<tr role="row" data-severity="${severity}" data-rule="${rule}">${cells.join('')}</tr>`;
}

/** Renders an ID: a UUID is in one piece. */
function identifier(id: string): string {
  return id.length <= 36 ? `<span class="word">${escaped(id)}</span>` : wrappable(id);
}

/** Renders the expiries and rotations of each week, and the next dates by name. */
function timeline(tokens: readonly AuditedToken[], now: number): string {
  const dates = tokens
    .flatMap((audited): readonly TokenDate[] => {
      const { address, declared } = audited;
      const at = declared?.generation
        ? declared.generation.due
        : expirySeconds(audited.rules, audited.token.fields);
      return at === undefined ? [] : [{ at, address, event: declared?.generation ? 'rotates' : 'expires' }];
    })
    .filter(({ at }) => at >= now)
    .sort((a, b) => a.at - b.at);
  if (dates.length === 0) {
    return '<h2>Expiries and rotations</h2><p>No token expires or rotates from now on.</p>';
  }
  const list = dates
    .slice(0, nextDates)
    .map(
      ({ at, address, event }) =>
        `<li><time class="word" datetime="${formatInstant(at)}">${formatInstant(at).slice(0, 10)}</time> <code>${wrappable(address)}</code> ${event}</li>`,
    );
  return `<h2 id="timeline">Expiries and rotations</h2>
<p class="dim">Tokens per week, for a year: <span class="word"><span class="key expires"></span>expires</span> <span class="word"><span class="key rotates"></span>rotates</span></p>
${auditChart(dates, now)}
<h3>Next</h3>
<ol>${list.join('')}</ol>`;
}
