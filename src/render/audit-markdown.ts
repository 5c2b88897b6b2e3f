import type { AuditFinding } from '../core/audit/rules.ts';
import { auditSummary } from './audit-text.ts';
import { code, createEscaper, placeCode } from './markdown.ts';

/**
 * Renders findings as a Markdown document.
 *
 * @param mask blanks out secrets
 */
export function renderAuditMarkdown(
  findings: readonly AuditFinding[],
  tokens: number,
  mask: (text: string) => string,
): string {
  const show = createEscaper(mask);
  const rows = findings.map(({ severity, rule, address, source, message, advice }) => {
    const place = source === null ? '' : placeCode(source, show);
    return `| ${severity} | ${code(rule)} | ${code(show(address))} | ${show(message)}<br>→ ${show(advice)} | ${place} |`;
  });
  const table = ['| severity | rule | token | finding | declared at |', '|---|---|---|---|---|', ...rows];
  return `${[`**${auditSummary(findings, tokens)}**`, '', ...(rows.length > 0 ? table : [])].join('\n').trimEnd()}\n`;
}
