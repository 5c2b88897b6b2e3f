import { type Problem, ReconcileError, ReconcileErrors } from '../core/model/errors.ts';
import type { Plan } from '../core/model/plan.ts';
import { describeStaleness } from '../core/plan/stale.ts';
import { digest } from '../core/util/digest.ts';
import { describeReadError } from '../core/util/file-error.ts';
import { exceedsDepth, isObject, type JsonObject, parseJson } from '../core/util/json.ts';
import { planJson } from '../render/json.ts';
import { jsonText } from '../render/sanitize.ts';
import { writeFileAtomic } from '../system/atomic-write.ts';
import { version } from '../version.ts';
import type { PlanRun } from './plan.ts';
import { maxPlanBytes } from './plan-file.ts';

/** A reviewed plan: its inputs and its content. Never a secret. */
export interface SavedPlan {
  /** PATH arguments as they were given. */
  readonly paths: readonly string[];
  /** The options that a plan depends on. */
  readonly options: JsonObject;
  /** Each scope with its endpoint and account, sorted. */
  readonly targets: readonly string[];
  /** The plan, as `planJson` renders it. */
  readonly plan: JsonObject;
}

/** The format of the file. */
const format = 1;

/** The first characters of every saved plan, which identify one without parsing. */
const beginning = `{\n  "version": `;

/** Maximum depth of nested values. */
const maxDepth = 100;

/** Only the owner can read a plan: it names tokens, although it holds no secret. */
const mode = 0o600;

/**
 * Renders the text of a saved plan.
 *
 * @param mask blanks out secrets that have found their way into it
 */
export function savedPlanText(
  { plan, targets }: Pick<PlanRun, 'plan' | 'targets'>,
  made: Pick<SavedPlan, 'paths' | 'options'>,
  mask: (text: string) => string,
): string {
  const content: JsonObject = {
    version: format,
    reconcile: version,
    ...made,
    targets: targetsOf(targets),
    plan: recordedPlan(plan),
  };
  const masked = parseJson(mask(JSON.stringify(content)));
  if (!isObject(masked)) throw new TypeError('a plan that is not an object');
  return encode(masked);
}

/** Writes a saved plan to a file that `outFile` has found. Throws errors of the file system. */
export async function writePlan(file: string, text: string): Promise<void> {
  await writeFileAtomic(file, text, mode);
}

/**
 * Reads a saved plan. Throws `PLAN_STALE` if it was modified, `USAGE` if it can't be read.
 *
 * @param path its file as the user has named it, for messages
 * @param read returns its bytes, and need not read on past the limit
 * @param isPlanningOptions whether these can be the options of a plan: a digest is not a signature
 */
export async function readSavedPlan(
  path: string,
  read: (limit: number) => Promise<Buffer>,
  isPlanningOptions: (options: JsonObject) => boolean,
): Promise<SavedPlan> {
  const bytes = await read(maxPlanBytes).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof ReconcileError || error.code === undefined) throw error;
    throw new ReconcileError({
      code: 'USAGE',
      message: `--plan ${path}: ${describeReadError(error)}`,
      hint: 'pass a file that reconcile plan --out wrote, or - for standard input',
    });
  });
  if (bytes.length > maxPlanBytes) throw tampered(path);
  const text = bytes.toString('utf8');
  const content = text.startsWith(beginning) ? parseJson(text) : undefined;
  if (!isObject(content) || exceedsDepth(content, maxDepth) || encode(withoutDigest(content)) !== text)
    throw tampered(path);
  const { reconcile, paths, options, targets, plan } = content;
  if (content['version'] !== format || reconcile !== version) {
    throw new ReconcileError({
      code: 'PLAN_STALE',
      message: `--plan ${path}: saved by reconcile ${String(reconcile)}, but this is ${version}`,
      hint: 'create a new plan and have it reviewed',
    });
  }
  if (!isTexts(paths) || !isTexts(targets) || !isObject(options) || !isObject(plan)) throw tampered(path);
  if (!isPlanningOptions(options)) throw tampered(path);
  return { paths, options, targets, plan };
}

/**
 * Throws `PLAN_STALE`, with each difference, if the current plan differs from the reviewed one.
 *
 * @param mask as the plan was saved with
 */
export function assertNotStale(
  path: string,
  saved: SavedPlan,
  { plan, targets }: Pick<PlanRun, 'plan' | 'targets'>,
  mask: (text: string) => string,
): void {
  const now = targetsOf(targets).map(mask);
  const moved = JSON.stringify(saved.targets) !== JSON.stringify(now);
  if (!moved && saved.plan['digest'] === plan.digest) return;
  const elsewhere = (one: readonly string[], other: readonly string[]): string =>
    one.filter((target) => !other.includes(target)).join(', ') || 'none';
  const problems: readonly Problem[] = [
    {
      code: 'PLAN_STALE',
      message: `--plan ${path}: the changes are no longer those of the saved plan; nothing was written`,
      hint: 'create a new plan and have it reviewed',
    },
    ...(moved
      ? [
          {
            code: 'PLAN_STALE' as const,
            message: `the saved plan is for other scopes: ${elsewhere(saved.targets, now)}; now: ${elsewhere(now, saved.targets)}`,
          },
        ]
      : []),
    ...describeStaleness(changesOf(saved.plan), changesOf(recordedPlan(plan))),
  ];
  throw new ReconcileErrors(problems);
}

/** Returns a plan as JSON, with the request of each change. */
function recordedPlan(plan: Plan): JsonObject {
  const json = planJson(plan);
  const changes = changesOf(json).map((change, index) => ({
    ...change,
    write: plan.changes[index]?.payload ?? {},
  }));
  return { ...json, changes };
}

function targetsOf(targets: PlanRun['targets']): readonly string[] {
  const shown = [...targets.values()].map(({ desired, client, scope, scopeKey }) =>
    scope.alias === undefined ? scopeKey : `${desired.kind} ${client.account} ${scope.alias}`,
  );
  return [...new Set(shown)].sort();
}

function changesOf({ changes }: JsonObject): readonly JsonObject[] {
  return Array.isArray(changes) ? changes.filter(isObject) : [];
}

/** Encodes the content in one canonical form: a byte more or less makes another plan. */
function encode(content: JsonObject): string {
  return `${jsonText({ ...content, digest: digest(content) })}\n`;
}

function withoutDigest({ digest: _, ...content }: JsonObject): JsonObject {
  return content;
}

function tampered(path: string): ReconcileError {
  return new ReconcileError({
    code: 'PLAN_STALE',
    message: `--plan ${path}: not a saved plan, or modified`,
    hint: 'use the unmodified file that reconcile plan --out wrote, or create a new plan',
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
