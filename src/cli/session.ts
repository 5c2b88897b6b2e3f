import type { Logger } from 'pino';
import { missingReferences } from '../app/credentials.ts';
import { loadManifests } from '../app/load.ts';
import type { DesiredState } from '../app/plan.ts';
import type { Runtime } from '../app/runtime.ts';
import { type Problem, ReconcileErrors } from '../core/model/errors.ts';
import { createMasker } from '../core/model/secret.ts';
import { omittedText, shownProblems } from '../core/model/shown-problems.ts';
import type { Manifests } from '../manifest/load.ts';
import { secretPrefixes } from '../providers/registry.ts';
import { renderProblem } from '../render/problem-text.ts';
import { jsonText, wrapLines } from '../render/sanitize.ts';
import type { Style } from '../render/style.ts';
import { type Annotations, createAnnotations } from './annotations.ts';
import type { OutputStream, ProcessIo } from './io.ts';
import type { ManifestOptions, OutputOptions } from './options.ts';
import { createProgress, type Progress } from './progress.ts';

/** One run of a command: its outputs, and its environment. */
export interface Session {
  readonly io: ProcessIo;
  readonly runtime: Runtime;
  /** Prints a result, masked, usually on stdout. */
  print(text: string): void;
  printJson(document: unknown): void;
  /** Reports a problem on stderr. */
  report(problem: Problem, severity: 'error' | 'warning'): void;
  /** Reports problems on stderr: the first hundred, and the number of the others. */
  reportAll(problems: readonly Problem[], severity: 'error' | 'warning'): void;
  /** Shows a line on stderr for people watching, unless they want none. */
  info(text: string): void;
  /** Annotations for problems that are reported in other ways than by `report`. */
  readonly annotations: Annotations;
  readonly progress: Progress;
  readonly stdoutStyle: Style;
  readonly stderrStyle: Style;
}

/** Minimum pause that is reported, in seconds. */
const minReportedPauseSeconds = 5;

/**
 * Starts a run.
 *
 * @param results output of the results: not stdout if that is reserved for something else
 */
export async function createSession(
  given: ProcessIo,
  options: OutputOptions,
  results: 'stdout' | 'stderr' = 'stdout',
): Promise<Session> {
  const masker = createMasker(secretPrefixes);
  const progress = createProgress(given.stderr, options, { clock: given.clock, mask: masker.maskOwn });
  const io: ProcessIo = {
    ...given,
    stdout: progress.wrap(given.stdout),
    stderr: progress.wrap(given.stderr),
    ask: (question, signal) => progress.suspend(() => given.ask(question, signal)),
  };
  const logger = await loggerOf(io, options, (text) => masker.maskOwn(text));
  const annotations = createAnnotations(io, masker.maskOwn, options);
  const output = io[results];
  const stdoutStyle = styleOf(io, output, options);
  const stderrStyle = styleOf(io, io.stderr, options);
  const report: Session['report'] = (problem, severity) => {
    if (severity === 'warning' && options.quiet) return;
    io.stderr.write(
      masker.maskOwn(renderProblem(maskedProblem(problem, masker.maskOwn), severity, stderrStyle)),
    );
    annotations.add(problem, severity, problem.code);
  };
  /** Shows text for people watching. */
  const info = (text: string): void => {
    if (options.quiet) return;
    // Masked before it is wrapped: a wrapped secret isn't recognised.
    const masked = masker.maskOwn(text);
    io.stderr.write(`${stderrStyle.terminal ? wrapLines(masked, stderrStyle.width) : masked}\n`);
  };
  return {
    io,
    progress,
    stdoutStyle,
    stderrStyle,
    runtime: {
      cwd: io.cwd,
      env: io.env,
      stdin: (limit) => io.stdin.read(limit, io.interrupt),
      clock: io.clock,
      random: Math.random,
      masker,
      logRequest: ({ method, path, ...more }) => {
        logger.debug({ method, path, ...more }, `${method} ${path}`);
        progress.requestDone(retryReason(more));
      },
      debug: (message) => logger.debug(message),
      note: info,
      onRateLimit: (service, seconds) => {
        if (seconds < minReportedPauseSeconds) return;
        info(`${service} limits the rate of requests: waiting ${Math.ceil(seconds)} s.`);
      },
      writeLine: (line) => io.stderr.write(`${line}\n`),
      machine: io.machine,
      interrupt: io.interrupt,
      ...(io.stdin.isTTY &&
        io.stderr.isTTY && {
          ask: async (question: string) => (await io.ask(question, io.interrupt)) ?? '',
        }),
    },
    annotations,
    print: (text) => output.write(masker.maskOwn(text)),
    printJson: (document) => output.write(masker.maskOwn(`${jsonText(document)}\n`)),
    report,
    reportAll: (problems, severity) => {
      const { shown, omitted } = shownProblems(problems);
      for (const problem of shown) report(problem, severity);
      const more = omittedText(omitted, severity);
      if (more !== undefined && !(severity === 'warning' && options.quiet)) io.stderr.write(`${more}\n`);
    },
    info,
  };
}

/**
 * Returns a problem with secrets blanked out. Done before its lines are wrapped: a wrapped secret isn't recognised.
 */
export function maskedProblem(problem: Problem, mask: (text: string) => string): Problem {
  const { message, hint } = problem;
  return { ...problem, message: mask(message), ...(hint !== undefined && { hint: mask(hint) }) };
}

/** Describes, in a few words, the failure of a request that is retried. */
function retryReason({
  status,
  fault,
}: {
  readonly status?: number;
  readonly fault?: string;
}): string | undefined {
  if (fault !== undefined) return fault;
  return status !== undefined && (status === 429 || status >= 500) ? String(status) : undefined;
}

/** Creates the debug log. Everything that isn't for debugging is printed instead. */
async function loggerOf(
  io: ProcessIo,
  options: OutputOptions,
  mask: (text: string) => string,
): Promise<Pick<Logger, 'debug'>> {
  // Loaded on demand, as most runs have no log.
  if (!['debug', 'trace'].includes(options.logLevel)) return { debug: () => undefined };
  const { createLogger } = await import('./logger.ts');
  return createLogger(options, io.stderr, mask);
}

/** Returns the width that text on an output has: that of the output, unless it is hard to read. */
export function widthOf({ columns }: OutputStream): number {
  return Math.min(Math.max(columns, 60), 120);
}

/** Returns the width and colours of an output. */
export function styleOf(
  io: Pick<ProcessIo, 'env'>,
  output: OutputStream,
  options: Pick<OutputOptions, 'color'>,
): Style {
  return {
    width: widthOf(output),
    terminal: output.isTTY,
    ...(Number(io.env['COLUMNS']) > 0 && { bounded: true as const }),
    color: colored(io, output, options),
  };
}

function colored(
  { env }: Pick<ProcessIo, 'env'>,
  output: OutputStream,
  options: Pick<OutputOptions, 'color'>,
): boolean {
  if (!options.color || env['NO_COLOR']) return false;
  const { FORCE_COLOR: force } = env;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return output.isTTY && env['TERM'] !== 'dumb';
}

/** Loads what the manifests of a run declare, and reports their warnings. Throws all problems at once. */
export async function loadDesired(
  session: Session,
  paths: readonly string[],
  options: ManifestOptions,
): Promise<DesiredState> {
  const { errors, warnings, ...wishes } = await load(session, paths, options);
  session.reportAll(warnings, 'warning');
  if (errors.length > 0) throw new ReconcileErrors(errors);
  return wishes;
}

/** Loads manifests with their problems; under `--strict` warnings are errors. */
export async function load(
  { runtime }: Session,
  paths: readonly string[],
  options: ManifestOptions,
): Promise<Manifests> {
  const allowances = {
    allowHosts: options.allowHost,
    allowFileReferences: options.allowFileReference,
    allowSinkDirs: options.allowSinkDir,
    allowInsecureHttp: options.allowInsecureHttp,
  };
  const loaded = await loadManifests(paths, runtime, allowances, options.policy);
  const warnings = [
    ...loaded.warnings,
    ...loaded.desired.flatMap(({ connection }) => missingReferences(connection, runtime.env)),
  ];
  return options.strict
    ? { ...loaded, errors: [...loaded.errors, ...warnings], warnings: [] }
    : { ...loaded, warnings };
}
