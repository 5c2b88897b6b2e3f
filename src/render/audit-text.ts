import type { AuditFinding, Severity } from '../core/audit/rules.ts';
import { severities } from '../core/audit/rules.ts';
import { placeText } from './change-lines.ts';
import { alignRight, hintLines } from './layout.ts';
import { printable, wrap } from './sanitize.ts';
import { painter, type Style } from './style.ts';
import { textWidth } from './text-width.ts';

const indent = 8;

/** Renders findings for a terminal. */
export function renderAuditText(findings: readonly AuditFinding[], tokens: number, style: Style): string {
  const paint = painter(style);
  const colors: Readonly<Record<Severity, (text: string) => string>> = {
    high: paint.error,
    medium: paint.warning,
    low: paint.dim,
  };
  const isLimited = style.terminal || style.bounded === true;
  const limited = { ...style, terminal: isLimited };
  const lines = findings.flatMap(({ rule, severity, address, source, message, advice }) => {
    const place = source === null ? '' : printable(placeText(source));
    const head = headLines(`${severity.padEnd(6)}  ${rule.padEnd(16)}`, printable(address), limited);
    const last = head.at(-1) ?? '';
    return [
      ...head.slice(0, -1).map(colors[severity]),
      alignRight({ plain: last, painted: colors[severity](last) }, place, limited),
      ...wrap(printable(message), style.width - indent).map((line) => ' '.repeat(indent) + line),
      ...hintLines(advice, style, indent).map(paint.dim),
    ];
  });
  return [...lines, ...(lines.length > 0 ? [''] : []), paint.bold(auditSummary(findings, tokens)), ''].join(
    '\n',
  );
}

/** Returns the rule and the address in one line. If the width is limited and too small, the address begins below the rule. */
function headLines(rule: string, address: string, { terminal, width }: Style): readonly string[] {
  const line = `${rule}  ${address}`;
  if (!terminal || textWidth(line) <= width) return [line];
  return [rule.trimEnd(), ...wrap(address, width - indent).map((part) => ' '.repeat(indent) + part)];
}

/** Returns the number of findings of each severity, in words. */
export function auditSummary(findings: readonly AuditFinding[], tokens: number): string {
  const counts = severities.toReversed().flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const among = `${tokens} live ${tokens === 1 ? 'token' : 'tokens'}`;
  return counts.length === 0
    ? `Audit: nothing found among ${among}.`
    : `Audit: ${counts.join(', ')}, among ${among}.`;
}
