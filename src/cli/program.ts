import { Command, CommanderError, Option } from 'commander';
import { severities } from '../core/audit/rules.ts';
import { type Problem, ReconcileError, ReconcileErrors, toProblem } from '../core/model/errors.ts';
import { omittedText, shownProblems } from '../core/model/shown-problems.ts';
import { errorsJson } from '../render/json.ts';
import { renderProblemsMarkdown } from '../render/markdown-document.ts';
import { renderProblem } from '../render/problem-text.ts';
import { jsonText } from '../render/sanitize.ts';
import { version } from '../version.ts';
import { createAnnotations } from './annotations.ts';
import { renderBug } from './bug.ts';
import { withDeadline } from './deadline.ts';
import { appendStepSummary } from './github-outputs.ts';
import { examplesOf, groupOf } from './help.ts';
import { exitCodes, type ProcessIo } from './io.ts';
import {
  collect,
  connectionOptions,
  custodyOptions,
  digest,
  type Format,
  fixedOptionNames,
  insecureOption,
  instant,
  lockOption,
  manifestOptions,
  type OutputOptions,
  outputOptions,
  selectionOptions,
  stateOption,
  targetOptions,
  wholeNumber,
} from './options.ts';
import { createSession, maskedProblem, type Session, styleOf } from './session.ts';
import { validate } from './validate.ts';

/** The commands that report to reviewers: as Markdown, and in the summary of a step. */
const reporting = ['plan', 'apply', 'rotate'];
const reported = ['text', 'json', 'markdown'] as const;

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
  const program = createProgram(io, start, (result) => {
    code = result;
  });
  const mask = (text: string): string => session?.runtime.masker.maskOwn(text) ?? text;
  const reportBug = (error: unknown): void => {
    session?.progress.end();
    io.stderr.write(renderBug(error, session?.runtime.masker.maskExternal));
  };
  io.onUncaught?.(reportBug);
  try {
    const line = argv[0] === 'help' ? helpLine(program, argv.slice(1)) : argv;
    await program.parseAsync([...line], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    if (isBug(error)) {
      reportBug(error);
      return io.interruptCode() ?? exitCodes.failed;
    }
    const problems = problemsOf(error, commandPath(program, argv));
    session?.progress.end();
    if (argv.length === 0) io.stderr.write(program.helpInformation());
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

/** Returns the commands that a line begins with, each inside the one before. */
function leading(program: Command, [word, ...more]: readonly string[]): readonly Command[] {
  const inner = program.commands.find((command) => command.name() === word);
  return inner ? [inner, ...leading(inner, more)] : [];
}

function commandPath(program: Command, words: readonly string[]): readonly string[] {
  return leading(program, words).map((command) => command.name());
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
 * @param path the command that was called
 */
function problemsOf(error: unknown, path: readonly string[]): readonly Problem[] {
  if (error instanceof ReconcileErrors) return error.problems;
  if (error instanceof CommanderError) {
    const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
    const given = error.code === 'commander.help' ? 'no command given' : message;
    return [
      {
        code: 'USAGE',
        message: given,
        hint:
          suggestion?.replace(/[()]/g, '') ??
          (path.length > 0
            ? `reconcile ${path.join(' ')} --help shows how it is used`
            : 'reconcile help shows the commands'),
      },
    ];
  }
  return [toProblem(error)];
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

/** Rejects PATHs and options beside a saved plan, which has its own: the result would not be what was reviewed. */
function refuseBesidePlan(given: readonly string[], command: Command): void {
  const own = fixedOptionNames.filter((name) => command.getOptionValueSource(name) === 'cli');
  const named = command.options.filter((option) => own.some((name) => name === option.attributeName()));
  const besides = [...given, ...named.map(({ long }) => long ?? '')];
  if (besides.length === 0) return;
  throw new ReconcileError({
    code: 'USAGE',
    message: `${besides.join(', ')}: a saved plan has its own PATHs and options`,
    hint: 'leave them out, or plan again with them',
  });
}

/** Returns the description of an option, with its choices, and its default if that is useful. */
function optionDescription({ description, argChoices, defaultValue }: Option): string {
  const more = [
    ...(argChoices ? [argChoices.join(', ')] : []),
    ...(typeof defaultValue === 'string' || typeof defaultValue === 'number'
      ? [`default: ${defaultValue}`]
      : []),
  ];
  return more.length > 0 ? `${description} (${more.join('; ')})` : description;
}

/**
 * Creates all commands and their options. Most actions are loaded when they are called, as they are much of the
 * program.
 */
function createProgram(
  io: ProcessIo,
  start: (options: OutputOptions) => Promise<Session>,
  done: (code: number) => void,
): Command {
  const program = new Command('reconcile')
    .description(
      'GitOps for container-registry tokens: plan in a pull request, apply in CI, never lose a secret.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: () => undefined })
    .configureHelp({ optionDescription })
    .showSuggestionAfterError()
    .addHelpCommand(
      new Command('help')
        .argument('[command...]')
        .description('show how a command is used')
        .helpGroup(groupOf('help')),
    );
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .helpGroup(groupOf(name))
      .addHelpText('after', examplesOf(name));
  const paths = 'manifests: files, folders, or - for standard input (default: this folder)';

  insecureOption(
    connectionOptions(outputOptions(command('init', 'write a first manifest, and what belongs around it'))),
  )
    .addOption(new Option('--service <service>', 'whose tokens').choices(['ionos', 'docker-hub']))
    .option('--adopt', 'begin with the tokens that are there')
    .option('--no-adopt', 'begin with an example to fill in')
    .addOption(new Option('--ci <pipeline>', 'what plans and applies').choices(['github', 'gitlab', 'none']))
    .action(async (options) => {
      const { init } = await import('./commands.ts');
      done(await init(await start(options), options));
    });

  manifestOptions(outputOptions(command('validate', 'check manifests, offline')))
    .argument('[path...]', paths)
    .action(async (given, options) => {
      done(await validate(await start(options), given, options));
    });

  const planning = (made: Command): Command =>
    custodyOptions(connectionOptions(manifestOptions(outputOptions(made, reported))), io.env);

  targetOptions(planning(command('plan', 'show what apply would do')))
    .argument('[path...]', paths)
    .option(
      '--no-check-sinks',
      "don't look whether sinks can take secrets, for a plan that runs elsewhere than apply",
    )
    .option('--detailed-exitcode', 'exit with 2 when changes are pending', false)
    .option(
      '-o, --out <file>',
      'save the plan to a file for reconcile apply --plan; -: print it to stdout, and nothing else',
    )
    .option('--now <instant>', 'plan for this time instead of now: what is due by then', instant)
    .option('--drift-only', 'show what was changed behind the back of the manifests, and nothing else', false)
    .action(async (given, options) => {
      const { plan } = await import('./commands.ts');
      done(await plan(await start(options), given, options));
    });

  lockOption(targetOptions(planning(command('apply', 'make it so'))))
    .argument('[path...]', paths)
    .option('-y, --yes', 'apply without asking', false)
    .option(
      '--expect <digest>',
      'apply only if the plan has this digest, as sha256:…; else exit with 3',
      digest,
    )
    .option('--keep-going', 'carry out the other changes of a plan that holds errors', false)
    .option(
      '--plan <file>',
      'carry out a saved plan if it still holds, with its own PATHs and options; -: read it from standard input',
    )
    .action(async (given, options, self) => {
      if (options.plan !== undefined) refuseBesidePlan(given, self);
      const { apply } = await import('./commands.ts');
      done(await apply(await start(options), given, options));
    });

  lockOption(planning(command('rotate', 'make the next generation of these families now')))
    .argument('<address...>', 'of which families')
    .option('-f, --file <path>', 'manifests (repeatable; default: this folder)', collect, [])
    .option('--revoke-old', 'delete the old generations as soon as the new one is handed over', false)
    .option('-y, --yes', 'rotate without asking', false)
    .action(async (given, options) => {
      const { rotate } = await import('./commands.ts');
      done(await rotate(await start(options), given, options));
    });

  selectionOptions(outputOptions(command('list', 'show live tokens')))
    .option(
      '--filter <field=value>',
      'only tokens whose field has this value, as properties.status=enabled (repeatable)',
      collect,
      [],
    )
    .action(async (options) => {
      const { list } = await import('./commands.ts');
      done(await list(await start(options), options));
    });

  selectionOptions(
    outputOptions(command('export', 'write live tokens as a manifest, ready to adopt')),
  ).action(async (options) => {
    const { exportManifest } = await import('./commands.ts');
    done(await exportManifest(await start(options), options));
  });

  custodyOptions(
    connectionOptions(
      manifestOptions(
        outputOptions(command('audit', 'find tokens that somebody should look at'), [
          'text',
          'json',
          'markdown',
          'html',
        ]),
      ),
    ),
    io.env,
  )
    .argument('[path...]', paths)
    .option('--days <n>', 'what expires within so many days is expiring', wholeNumber(0), 30)
    .option('--unused-days <n>', 'what nobody has used for so many days is unused', wholeNumber(0), 90)
    .option(
      '--org <organization>',
      'this organization on Docker Hub, too, besides those of the manifests (repeatable)',
      collect,
      [],
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit with 2 where a finding matters so much').choices(severities),
    )
    .action(async (given, options) => {
      const { audit } = await import('./commands.ts');
      done(await audit(await start(options), given, options));
    });

  outputOptions(command('convert', 'write Ansible tasks of the token modules as a manifest'))
    .argument('<file...>', 'playbooks and task files')
    .option('--strict', 'exit with 1 where something could not be converted', false)
    .action(async (given, options) => {
      const { convert } = await import('./convert.ts');
      done(await convert(await start(options), given, options));
    });

  const spool = command('spool', 'what is waiting in the spool').helpCommand(
    'help [command]',
    'show how a command is used',
  );
  const spoolCommand = (name: string, description: string): Command =>
    stateOption(outputOptions(spool.command(name).description(description)));
  spoolCommand('list', 'show secrets that no sink has yet, and attempts that were interrupted').action(
    async (options) => {
      const { spoolList } = await import('./commands.ts');
      done(await spoolList(await start(options), options));
    },
  );
  lockOption(spoolCommand('deliver', 'hand secrets to the sinks that they were made for'))
    .argument('[address...]', 'of which tokens (default: all)')
    .action(async (given, options) => {
      const { spoolDeliver } = await import('./commands.ts');
      done(await spoolDeliver(await start(options), given, options));
    });
  lockOption(spoolCommand('drop', 'give entries up, secrets and all'))
    .argument('<address...>', 'of which tokens')
    .option('-y, --yes', "don't ask, on a terminal", false)
    .action(async (given, options) => {
      const { spoolDrop } = await import('./commands.ts');
      done(await spoolDrop(await start(options), given, options));
    });

  stateOption(
    connectionOptions(
      manifestOptions(outputOptions(command('doctor', 'check credentials, network, state and sinks'))),
    ),
  )
    .argument('[path...]', paths)
    .action(async (given, options) => {
      const { doctor } = await import('./commands.ts');
      done(await doctor(await start(options), given, options));
    });

  outputOptions(command('explain', 'tell what a field of a manifest means'))
    .argument('[kind.field]', 'as registry_token.scopes; without it, what there is')
    .action(async (path, options) => {
      const { explain } = await import('./explain.ts');
      done(await explain(await start(options), path, options));
    });

  outputOptions(command('completion', 'print what a shell completes command lines with'))
    .argument('<shell>', 'bash, zsh or fish')
    .action(async (shell, options) => {
      const { completion } = await import('./completion.ts');
      done(completion(await start(options), shell));
    });
  outputOptions(program.command('__complete', { hidden: true }))
    .argument('[word...]')
    .action(async (words, options) => {
      const { complete } = await import('./completion.ts');
      done(await complete(await start(options), program, words));
    });

  outputOptions(command('emulator', 'serve the embedded APIs on loopback'))
    .option('--port <n>', 'where to listen; 0: any free port', wholeNumber(0), 0)
    .option(
      '--seed <file>',
      'what is there at the start (default: examples/emulator/seed.yaml, which shows the form)',
    )
    .action(async (options) => {
      const { fixtures } = await import('./emulator.ts');
      done(await fixtures(await start(options), options));
    });

  outputOptions(
    command('demo', 'plan, apply and plan again on the examples, against the embedded APIs'),
  ).action(async (options) => {
    const { demo } = await import('./demo.ts');
    done(await demo(await start(options), options));
  });
  return program;
}
