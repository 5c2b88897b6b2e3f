import {
  type AuditStandard,
  audit as auditTokens,
  type Finding,
  type Severity,
  severities,
} from '../core/audit.ts';
import type { JsonObject } from '../core/json.ts';
import { renderAuditMarkdown } from '../render/audit-markdown.ts';
import { renderAuditText } from '../render/audit-text.ts';
import { jsonText } from '../render/printable.ts';
import { type Estate, takeStock } from '../wire/audit.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import { type PlanningOptions, planningOf } from './plan.ts';
import { loadWishes, type Session } from './session.ts';

/** The options of `audit`. */
export type AuditOptions = Omit<PlanningOptions, 'format' | 'replace' | 'target'> & {
  readonly format: 'text' | 'json' | 'markdown' | 'html';
  readonly org: readonly string[];
  readonly days: number;
  readonly unusedDays: number;
  /** From which severity on findings are a failure. */
  readonly failOn?: Severity;
};

/** `reconcile audit`: what somebody should look at. */
export async function audit(
  session: Session,
  paths: readonly string[],
  options: AuditOptions,
): Promise<number> {
  const { runtime, io } = session;
  const wishes = await loadWishes(session, paths, options);
  const connections = connect(session, options);
  try {
    const state = await readState(await stateFolder(options, runtime));
    session.tellAll(state.problems, 'warning');
    const inputs = planningOf({ ...options, replace: [], target: [] }, state, io.interrupt);
    const estate = await takeStock(wishes, options.org, connections, runtime, inputs);
    session.tellAll(estate.problems, 'error');
    const now = Math.floor(io.clock.now() / 1000);
    const standard = { now, days: options.days, unusedDays: options.unusedDays };
    const findings = auditTokens(estate.tokens, standard);
    session.print(await rendered(session, findings, estate, standard, options.format));
    if (estate.problems.length > 0) return exitCodes.failed;
    return fails(findings, options.failOn) ? exitCodes.pending : exitCodes.done;
  } finally {
    await connections.close();
  }
}

function fails(findings: readonly Finding[], failOn: Severity | undefined): boolean {
  if (failOn === undefined) return false;
  return findings.some(({ severity }) => severities.indexOf(severity) >= severities.indexOf(failOn));
}

async function rendered(
  { runtime, stdoutStyle }: Session,
  findings: readonly Finding[],
  { tokens }: Estate,
  standard: AuditStandard,
  format: AuditOptions['format'],
): Promise<string> {
  const { maskLong } = runtime.masker;
  if (format === 'json') return `${jsonText({ version: 1, findings: findings.map(findingJson) })}\n`;
  if (format === 'markdown') return renderAuditMarkdown(findings, tokens.length, maskLong);
  if (format === 'text') return renderAuditText(findings, tokens.length, stdoutStyle);
  // Loaded when needed: it is a page of its own.
  const { renderAuditHtml } = await import('../render/audit-html.ts');
  return renderAuditHtml(findings, tokens, standard);
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
}: Finding): JsonObject {
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
