import { type Command, CommanderError } from 'commander';
import { type Problem, ReconcileError, ReconcileErrors, toProblem } from '../core/model/errors.ts';
import { omittedText, shownProblems } from '../core/model/shown-problems.ts';
import { errorsJson } from '../render/json.ts';
import { renderProblemsMarkdown } from '../render/markdown-document.ts';
import { renderProblem } from '../render/problem-text.ts';
import { jsonText } from '../render/sanitize.ts';
import { createAnnotations } from './annotations.ts';
import { renderBug } from './bug.ts';
import { interruptedChanges, withDeadline } from './deadline.ts';
import { rejectOtherSpelling } from './familiar-options.ts';
import { appendStepSummary } from './github-outputs.ts';
import { exitCodes, type ProcessIo } from './io.ts';
import type { Format, OutputOptions } from './options.ts';
import { createProgram } from './program.ts';
import { createSession, maskedProblem, type Session, styleOf } from './session.ts';

/** The commands whose reports go into the summary of a step. */
const reporting = ['plan', 'apply', 'rotate'];

/** The commands that change tokens, sinks or the state. */
const changing = ['apply', 'rotate', 'spool', 'state'];

/** Runs a command line; returns the exit code. Never throws: a bug is reported. */
export async function run(argv: readonly string[], io: ProcessIo): Promise<number> {
  let code: number = exitCodes.done;
  let session: Session | undefined;
  const over = new AbortController();
  const results = savesToStdout(argv) ? 'stderr' : 'stdout';
  const start = async (options: OutputOptions & { readonly deadline?: number }): Promise<Session> => {
    session = await createSession(withDeadline(io, options.deadline, over.signal), options, results);
    return session;
  };
  const commandContext = {
    io,
    start,
    done: (result: number) => {
      code = result;
    },
  };
  const program = createProgram(commandContext, argv[0]);
  const mask = (text: string): string => session?.runtime.masker.maskOwn(text) ?? text;
  const reportBug = (error: unknown): void => {
    session?.progress.end();
    io.stderr.write(renderBug(error, session?.runtime.masker.maskExternal));
  };
  io.onUncaught?.(reportBug);
  try {
    await program.parseAsync([...lineOf(program, argv)], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    if (isBug(error)) {
      reportBug(error);
      return io.interruptCode() ?? exitCodes.failed;
    }
    const isChanging = changing.includes(argv[0] ?? '');
    const problems = problemsOf(error, leading(program, argv)).map((problem) =>
      isChanging && problem.code === 'INTERRUPTED' ? interruptedChanges(problem) : problem,
    );
    session?.progress.end();
    if (wants('json', argv)) io[results].write(mask(`${jsonText(errorsJson(problems))}\n`));
    if (wants('markdown', argv)) io[results].write(renderProblemsMarkdown(problems, mask));
    const style = session?.stderrStyle ?? styleOf(io, io.stderr, { color: !argv.includes('--no-color') });
    const annotations = session?.annotations ?? createAnnotations(io, mask);
    const { shown, omitted } = shownProblems(problems);
    for (const problem of shown) {
      io.stderr.write(mask(renderProblem(maskedProblem(problem, mask), 'error', style)));
      annotations.add(problem, 'error', problem.code);
    }
    const more = omittedText(omitted, 'error');
    if (more !== undefined) io.stderr.write(`${more}\n`);
    if (session && reporting.includes(argv[0] ?? '')) {
      await appendStepSummary(session, () => renderProblemsMarkdown(problems, mask));
    }
    return (
      io.interruptCode() ??
      (problems.length > 0 && problems.every(isRefusal) ? exitCodes.refused : exitCodes.failed)
    );
  } finally {
    session?.progress.end();
    session?.annotations.end();
    over.abort();
  }
}

function isBug(error: unknown): boolean {
  return ![CommanderError, ReconcileError, ReconcileErrors].some((known) => error instanceof known);
}

function isRefusal({ code }: Problem): boolean {
  return code === 'PLAN_STALE' || code === 'PLAN_UNSAFE';
}

/** Returns the line that is parsed for a command line. Throws `USAGE` for an option of another tool. */
function lineOf(program: Command, argv: readonly string[]): readonly string[] {
  if (argv.length === 0) return ['--help'];
  rejectOtherSpelling(leading(program, argv).at(-1) ?? program, argv);
  return argv[0] === 'help' ? helpLine(program, argv.slice(1)) : argv;
}

/** Returns the commands that a line begins with, each inside the one before. */
function leading(program: Command, [word, ...more]: readonly string[]): readonly Command[] {
  const inner = program.commands.find((command) => command.name() === word);
  return inner ? [inner, ...leading(inner, more)] : [];
}

/**
 * Returns the line that `help` with these words stands for: the help of a command at any depth, or an unknown
 * command's error.
 */
function helpLine(program: Command, words: readonly string[]): readonly string[] {
  const found = leading(program, words);
  const [next] = words.slice(found.length);
  const isMissing = next !== undefined && (found.at(-1) ?? program).commands.length > 0;
  return [...found.map((command) => command.name()), isMissing ? next : '--help'];
}

/**
 * Returns the problems of an error.
 *
 * @param called the command that was called, behind those that it is in
 */
function problemsOf(error: unknown, called: readonly Command[]): readonly Problem[] {
  if (error instanceof ReconcileErrors) return error.problems;
  if (error instanceof CommanderError) {
    const [message = '', suggestion] = usageText(error.message).split(/\n(?=\(Did you mean)/);
    const path = called.map((command) => command.name());
    const isMissing = error.code === 'commander.help';
    const inner = (called.at(-1)?.commands ?? []).map((command) => command.name());
    const known = isMissing && inner.length > 0 ? `pass ${listed(inner)}; ` : '';
    return [
      {
        code: 'USAGE',
        message: isMissing ? 'no command given' : message,
        hint:
          suggestion?.replace(/[()]/g, '').replace(/^Did/, 'did') ??
          (path.length > 0
            ? `${known}run reconcile ${path.join(' ')} --help for usage`
            : 'run reconcile help for a list of commands'),
      },
    ];
  }
  return [toProblem(error)];
}

function listed(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words);
}

/** Returns the text of an error of the parser. That of a bad value begins with its option, and says what is expected. */
function usageText(message: string): string {
  const text = message.replace(/^error: /, '');
  const [, option = '', value = '', reason = ''] =
    /^option '([^']*)' argument '(.*)' is invalid\. (.*)$/s.exec(text) ?? [];
  if (option === '') return text;
  const name = /--[a-z-]+/.exec(option)?.[0] ?? option;
  const [, choices] = /^Allowed choices are (.*)\.$/.exec(reason) ?? [];
  if (choices === undefined) return `${name} ${value}: ${reason}`;
  return `${name} ${value}: expected ${choices.includes(',') ? 'one of ' : ''}${choices}`;
}

/** Tells whether the command line asks for a format. Doesn't parse it, as parsing may be what failed. */
function wants(format: Format, argv: readonly string[]): boolean {
  return argv.some(
    (word, index) => word === `--format=${format}` || (word === '--format' && argv[index + 1] === format),
  );
}

/**
 * Tells whether stdout is reserved for a saved plan. Doesn't parse the line: parse errors must not go to stdout
 * either.
 */
function savesToStdout([command, ...words]: readonly string[]): boolean {
  const isOut = (word: string): boolean => word === '--out' || word === '-o';
  const isWhole = (word: string): boolean => word === '--out=-' || word === '-o-';
  return (
    command === 'plan' &&
    words.some((word, index) => isWhole(word) || (isOut(word) && words[index + 1] === '-'))
  );
}
