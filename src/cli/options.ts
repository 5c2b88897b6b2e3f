import { type Command, Option } from 'commander';
import type { Shard } from '../core/model/shard.ts';
import type { Kind } from '../core/model/token.ts';
import type { ScopeLevel } from '../core/model/token-kind.ts';
import type { MaxDeletes } from '../core/plan/guards.ts';
import { tokenKinds } from '../providers/registry.ts';
import {
  collectScopes,
  collectValues,
  maxDeletes,
  repeatableChoice,
  seconds,
  secondsOrNone,
  shard,
  wholeNumber,
} from './option-values.ts';

/** Output format on stdout; `markdown` and `html` only for commands that offer it. */
export type Format = 'text' | 'json' | 'markdown' | 'html';

/** Options that every command has: the format on stdout, the log, and what is printed beside them. */
export interface OutputOptions {
  readonly format: Format;
  readonly logLevel: string;
  readonly logFormat: 'pretty' | 'json';
  readonly quiet: boolean;
  readonly progress: boolean;
  readonly color: boolean;
}

/** Options of commands that read manifests: their permissions, and the policies and strictness of checks. */
export interface ManifestOptions {
  readonly allowHost: readonly string[];
  readonly allowFileReference: readonly string[];
  readonly allowSinkDir: readonly string[];
  readonly allowInsecureHttp: boolean;
  readonly policy: readonly string[];
  readonly strict: boolean;
}

/** Options that choose the place of the state and its key. */
export interface StateOptions {
  readonly state?: string;
  readonly stateKey?: string;
  readonly stateDir?: string;
  readonly allowTrackedState: boolean;
}

/** Options that plan and apply share: the selection, the guards, and the treatment of lost responses. */
export interface CustodyOptions extends StateOptions {
  readonly replace: readonly string[];
  readonly target: readonly string[];
  readonly grace: number;
  readonly strictOutcome: boolean;
  readonly maxDeletes?: MaxDeletes;
  /** The shard to plan. */
  readonly shard?: Shard;
}

/** The option that limits the wait for other runs. */
export interface LockOptions {
  readonly lockTimeout: number;
}

/** Options that limit requests: their number, durations and waits, and the use of plain http. */
export interface ConnectionOptions {
  readonly parallelism: number;
  readonly timeout: number;
  readonly maxWait: number;
  readonly deadline?: number;
  readonly allowInsecureHttp: boolean;
}

/** Options that select live tokens, and the connections to them. */
export type SelectionOptions = ConnectionOptions &
  StateOptions & {
    readonly kind: readonly Kind[];
  };

/** Adds the options that every command has. */
export function outputOptions(command: Command, formats: readonly Format[] = ['text', 'json']): Command {
  return command
    .optionsGroup('Output:')
    .addOption(new Option('--format <format>', 'output format').choices(formats).default('text'))
    .addOption(
      new Option('--log-level <level>', 'log level on stderr')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('warn'),
    )
    .addOption(
      new Option('--log-format <format>', 'log format').choices(['pretty', 'json']).default('pretty'),
    )
    .option('--quiet', 'print only results and errors', false)
    .option('--no-progress', "don't show progress on stderr")
    .option('--no-color', "don't use colours (also NO_COLOR)")
    .optionsGroup('Options:');
}

/** Adds the options of commands that read manifests. */
export function manifestOptions(command: Command): Command {
  return insecureOption(command.optionsGroup('Manifests:'))
    .option(
      '--allow-host <host>',
      'allow manifests to set api_url to this host (repeatable)',
      collectValues,
      [],
    )
    .option(
      '--allow-file-reference <folder>',
      'allow ${file:…} to read from this folder (repeatable)',
      collectValues,
      [],
    )
    .option(
      '--allow-sink-dir <folder>',
      'allow sinks to write into this folder (repeatable)',
      collectValues,
      [],
    )
    .option('--policy <file>', 'JSON Schema that every entry must satisfy (repeatable)', collectValues, [])
    .option('--strict', 'treat warnings as errors', false)
    .optionsGroup('Options:');
}

/**
 * Adds the options of commands that call a service.
 *
 * @param changes true if the command can change tokens
 */
export function connectionOptions(command: Command, changes = false): Command {
  return command
    .optionsGroup('Network:')
    .option('--parallelism <n>', 'maximum concurrent requests per host', wholeNumber(1), 10)
    .option('--timeout <seconds>', 'time limit of one request', seconds, 30)
    .option('--max-wait <seconds>', 'maximum wait if a service asks for a pause', secondsOrNone, 120)
    .option(
      '--deadline <seconds>',
      changes ? 'time limit of the run; no new change starts after it' : 'time limit of the run',
      seconds,
    )
    .optionsGroup('Options:');
}

/**
 * Adds the options for the location of the state.
 *
 * @param deletes true if the state decides about deletes
 */
export function stateOption(command: Command, deletes = false): Command {
  const located = command
    .optionsGroup('Custody:')
    .option(
      '--state <location>',
      'location of the state: file:DIR, git:REMOTE or git:REMOTE#BRANCH (RECONCILE_STATE; default: the nearest .reconcile)',
    )
    .option('--state-dir <folder>', 'state directory; the same as --state file:DIR (RECONCILE_STATE_DIR)');
  return trackedStateOption(stateKeyOption(located), deletes);
}

/** Adds `--state-key`. */
export function stateKeyOption(command: Command): Command {
  return command
    .optionsGroup('Custody:')
    .option(
      '--state-key <file>',
      'age identity that encrypts secrets in a branch (default: the content of RECONCILE_STATE_KEY)',
    )
    .optionsGroup('Options:');
}

/**
 * Adds `--allow-tracked-state`.
 *
 * @param deletes true if the state decides about deletes
 */
export function trackedStateOption(command: Command, deletes = false): Command {
  return command
    .optionsGroup('Custody:')
    .option(
      '--allow-tracked-state',
      `use a state directory with files tracked by Git; then anyone who can change the checkout can ${deletes ? 'have tokens deleted' : 'change the state'}`,
      false,
    )
    .optionsGroup('Options:');
}

/** Adds `--lock-timeout`. */
export function lockOption(command: Command): Command {
  return command
    .optionsGroup('Custody:')
    .option('--lock-timeout <seconds>', 'maximum wait for another run on the same state', secondsOrNone, 0)
    .optionsGroup('Options:');
}

/** Adds the options that select the tokens to plan. */
export function targetOptions(command: Command): Command {
  return command
    .optionsGroup('Which tokens:')
    .option(
      '--target <address-glob>',
      'only tokens whose address matches; * and ? are wildcards (repeatable)',
      collectValues,
      [],
    )
    .option('--replace <address>', 'recreate this token (repeatable)', collectValues, [])
    .optionsGroup('Options:');
}

/**
 * Adds the options for custody and shards.
 *
 * @param env the environment, which gives the shard of `--shard auto/N`
 * @param deletes true if the state decides about deletes
 */
export function custodyOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
  deletes = false,
): Command {
  return stateOption(command, deletes)
    .optionsGroup('Custody:')
    .option(
      '--grace <seconds>',
      'how long a lost request may still take effect, or a list may lag',
      secondsOrNone,
      30,
    )
    .option('--strict-outcome', "require proof of ownership; don't infer it", false)
    .optionsGroup('Which tokens:')
    .option(
      '--shard <i/n>',
      'only shard i of n of the registries and accounts; auto/n takes i from JOB_COMPLETION_INDEX plus one',
      (text) => shard(text, env),
    )
    .optionsGroup('Options:');
}

/**
 * Adds the options of commands that make a plan.
 *
 * @param changes true if the command carries it out, too
 */
export function planningOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
  changes: boolean,
): Command {
  const formats = ['text', 'json', 'markdown'] as const;
  const read = connectionOptions(manifestOptions(outputOptions(command, formats)), changes);
  return custodyOptions(read, env, true)
    .optionsGroup('Custody:')
    .option(
      '--max-deletes <n|p%>',
      'maximum deletes per scope: a number, or a percentage of its live tokens (default: 30% in scopes of ten or more)',
      maxDeletes,
    )
    .optionsGroup('Options:');
}

/**
 * Adds an option for each level of scopes.
 *
 * @param helpOf returns the help from that of the level
 */
export function scopeOptions(
  command: Command,
  helpOf: (help: string) => string,
  isOffered: (level: ScopeLevel) => boolean = () => true,
): Command {
  const levels = tokenKinds.flatMap((kind) => kind.levels).filter(isOffered);
  for (const field of new Set(levels.map((level) => level.field))) {
    const same = levels.filter((level) => level.field === field);
    const help = [...new Set(same.map((level) => level.help))].join(', or ');
    const flags = `--${field} <${same[0]?.value}>`;
    const choices = same.flatMap((level) => level.choices ?? []);
    if (choices.length > 0) command.addOption(repeatableChoice(flags, helpOf(help), choices));
    else command.option(flags, `${helpOf(help)} (repeatable)`, collectScopes, []);
  }
  return command;
}

/** Returns the values of the options of `scopeOptions`, by their fields. */
export function scopesGiven(options: object): Readonly<Record<string, readonly string[]>> {
  const given = options as Readonly<Record<string, readonly string[] | undefined>>;
  const fields = tokenKinds.flatMap(({ levels }) => levels.map(({ field }) => field));
  return Object.fromEntries(fields.map((field) => [field, given[field] ?? []]));
}

/** Adds the options of commands that show live tokens. */
export function selectionOptions(command: Command): Command {
  const kinds = tokenKinds.map(({ kind }) => kind);
  stateOption(insecureOption(connectionOptions(command))).addOption(
    repeatableChoice('--kind <kind>', 'only this kind', kinds),
  );
  return scopeOptions(command, (help) => `only this ${help}`);
}

/** Adds `--allow-insecure-http`. */
export function insecureOption(command: Command): Command {
  return command.option('--allow-insecure-http', 'send credentials over plain http', false);
}
