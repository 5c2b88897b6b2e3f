import { collectInventory, type Inventory } from '../app/audit.ts';
import { withState } from '../app/state.ts';
import {
  type AuditFinding,
  type AuditThresholds,
  auditTokens,
  type Severity,
  severities,
} from '../core/audit/rules.ts';
import type { JsonObject } from '../core/util/json.ts';
import { renderAuditMarkdown } from '../render/audit-markdown.ts';
import { renderAuditText } from '../render/audit-text.ts';
import { jsonText } from '../render/sanitize.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import { scopesGiven } from './options.ts';
import { type PlanningOptions, toPlanOptions } from './plan.ts';
import { loadDesired, type Session } from './session.ts';

/** The options of `audit`. */
export type AuditOptions = Omit<PlanningOptions, 'format' | 'replace' | 'target'> & {
  readonly format: 'text' | 'json' | 'markdown' | 'html';
  readonly days: number;
  readonly unusedDays: number;
  /** The minimum severity of findings that fail the command. */
  readonly failOn?: Severity;
};

/** Runs `reconcile audit`: reports findings about live tokens. */
export async function audit(
  session: Session,
  paths: readonly string[],
  options: AuditOptions,
): Promise<number> {
  const { runtime, io } = session;
  const desiredState = await loadDesired(session, paths, options);
  const connections = connect(session, options);
  try {
    const inventory = await withState(options, runtime, (state) => {
      session.reportAll(state.problems, 'warning');
      const inputs = toPlanOptions({ ...options, replace: [], target: [] }, state, io.interrupt);
      return collectInventory(desiredState, scopesGiven(options), connections, runtime, inputs);
    });
    session.reportAll(inventory.problems, 'error');
    const now = Math.floor(io.clock.now() / 1000);
    const thresholds = { now, days: options.days, unusedDays: options.unusedDays };
    const findings = auditTokens(inventory.tokens, thresholds);
    session.print(await rendered(session, findings, inventory, thresholds, options.format));
    if (inventory.problems.length > 0) return exitCodes.failed;
    return fails(findings, options.failOn) ? exitCodes.pending : exitCodes.done;
  } finally {
    await connections.close();
  }
}

function fails(findings: readonly AuditFinding[], failOn: Severity | undefined): boolean {
  if (failOn === undefined) return false;
  return findings.some(({ severity }) => severities.indexOf(severity) >= severities.indexOf(failOn));
}

async function rendered(
  { runtime, stdoutStyle }: Session,
  findings: readonly AuditFinding[],
  { tokens }: Inventory,
  thresholds: AuditThresholds,
  format: AuditOptions['format'],
): Promise<string> {
  const { maskOwn } = runtime.masker;
  if (format === 'json') return `${jsonText({ version: 1, findings: findings.map(findingJson) })}\n`;
  if (format === 'markdown') return renderAuditMarkdown(findings, tokens.length, maskOwn);
  if (format === 'text') return renderAuditText(findings, tokens.length, stdoutStyle);
  // Loaded on demand, as it holds a whole page.
  const { renderAuditHtml } = await import('../render/audit-html.ts');
  return renderAuditHtml(findings, tokens, thresholds);
}

function findingJson({
  rule,
  severity,
  address,
  kind,
  id,
  name,
  message,
  advice,
  source,
}: AuditFinding): JsonObject {
  return {
    rule,
    severity,
    address,
    kind,
    id,
    name,
    message,
    advice,
    source: source && { file: source.file, line: source.line, column: source.column },
  };
}
