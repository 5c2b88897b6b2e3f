import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Shard } from '../core/model/shard.ts';
import type { Kind } from '../core/model/token.ts';
import type { MaxDeletes } from '../core/plan/guards.ts';
import { parseInstant } from '../core/util/instant.ts';
import { isObject, type Json, type JsonObject } from '../core/util/json.ts';
import { tokenKinds } from '../providers/kinds.ts';

/** Output format on stdout; `markdown` and `html` only for commands that offer it. */
export type Format = 'text' | 'json' | 'markdown' | 'html';

/** Options of the output. */
export interface OutputOptions {
  readonly format: Format;
  readonly logLevel: string;
  readonly logFormat: 'pretty' | 'json';
  readonly quiet: boolean;
  readonly progress: boolean;
  readonly color: boolean;
}

/** Permissions of a manifest, and checks on it. */
export interface ManifestOptions {
  readonly allowHost: readonly string[];
  readonly allowFileReference: readonly string[];
  readonly allowSinkDir: readonly string[];
  readonly allowInsecureHttp: boolean;
  readonly policy: readonly string[];
  readonly strict: boolean;
}

/** Options of the state directory. */
export interface StateOptions {
  readonly stateDir?: string;
  readonly allowTrackedState: boolean;
}

/** Options for making and carrying out a plan. */
export interface CustodyOptions extends StateOptions {
  readonly replace: readonly string[];
  readonly target: readonly string[];
  readonly grace: number;
  readonly strictOutcome: boolean;
  readonly maxDeletes?: MaxDeletes;
  /** The shard to plan. */
  readonly shard?: Shard;
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/** The options that a plan depends on or is rendered with, besides its PATHs: a saved plan records them. */
const planningOptions = {
  allowHost: isTexts,
  allowFileReference: isTexts,
  allowSinkDir: isTexts,
  allowInsecureHttp: isFlag,
  strict: isFlag,
  stateDir: isText,
  allowTrackedState: isFlag,
  replace: isTexts,
  grace: isNumber,
  strictOutcome: isFlag,
  maxDeletes: (value: unknown) => isObject(value) && (isNumber(value['count']) || isNumber(value['percent'])),
  policy: isTexts,
  target: isTexts,
  shard: (value: unknown) => isObject(value) && isNumber(value['index']) && isNumber(value['count']),
} as const satisfies { readonly [Name in keyof ManifestOptions | keyof CustodyOptions]: unknown };

type PlanningOption = keyof typeof planningOptions;

/** The names of the options that a saved plan records, and that can't be given beside it. */
export const fixedOptionNames: readonly string[] = Object.keys(planningOptions).filter(
  (name) => name !== 'policy',
);

/** Returns the options of a command line that a plan depends on. */
export function savedOptions(options: ManifestOptions & CustodyOptions): JsonObject {
  return Object.fromEntries(
    (Object.keys(planningOptions) as PlanningOption[]).flatMap((name) => {
      const value: Json | undefined = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Tells whether a plan can have been saved with these options. */
export function isSavedOptions(options: JsonObject): boolean {
  return Object.entries(options).every(
    ([name, value]) => Object.hasOwn(planningOptions, name) && planningOptions[name as PlanningOption](value),
  );
}

/** Options of the lock. */
export interface LockOptions {
  readonly lockTimeout: number;
}

/** Options of the network. */
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
    readonly registry: readonly string[];
    readonly org: readonly string[];
  };

/** Adds the options that every command has. */
export function outputOptions(command: Command, formats: readonly Format[] = ['text', 'json']): Command {
  return command
    .optionsGroup('Output:')
    .addOption(new Option('--format <format>', 'what to print on stdout').choices(formats).default('text'))
    .addOption(
      new Option('--log-level <level>', 'what to log on stderr')
        .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
        .default('warn'),
    )
    .addOption(
      new Option('--log-format <format>', 'how to log').choices(['pretty', 'json']).default('pretty'),
    )
    .option('--quiet', 'print results and errors only', false)
    .option('--no-progress', 'no progress on stderr')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .optionsGroup('Options:');
}

/** Adds the options of commands that read manifests. */
export function manifestOptions(command: Command): Command {
  return insecureOption(command.optionsGroup('Manifests:'))
    .option('--allow-host <host>', 'let manifests name this host in api_url (repeatable)', collect, [])
    .option(
      '--allow-file-reference <folder>',
      'let ${file:…} read from this folder (repeatable)',
      collect,
      [],
    )
    .option('--allow-sink-dir <folder>', 'let secrets be written into this folder (repeatable)', collect, [])
    .option('--policy <file>', 'a JSON Schema that every entry has to satisfy (repeatable)', collect, [])
    .option('--strict', 'warnings are errors', false)
    .optionsGroup('Options:');
}

/** Adds the options of commands that call a service. */
export function connectionOptions(command: Command): Command {
  return command
    .optionsGroup('Network:')
    .option('--parallelism <n>', 'requests at once, a host', wholeNumber(1), 10)
    .option('--timeout <seconds>', 'for one request', seconds, 30)
    .option(
      '--max-wait <seconds>',
      'how long to wait at most where a service asks for it',
      secondsOrNone,
      120,
    )
    .option('--deadline <seconds>', 'for the whole run; nothing new is started after it', seconds)
    .optionsGroup('Options:');
}

/** Adds the options for the location of the state. */
export function stateOption(command: Command): Command {
  return command
    .optionsGroup('Custody:')
    .option(
      '--state-dir <folder>',
      'where custody is recorded (RECONCILE_STATE_DIR; default: the nearest .reconcile)',
    )
    .option(
      '--allow-tracked-state',
      'use a state directory with files that Git tracks; anyone who can change the checkout then decides what is deleted',
      false,
    )
    .optionsGroup('Options:');
}

/** Adds `--lock-timeout`. */
export function lockOption(command: Command): Command {
  return command
    .optionsGroup('Custody:')
    .option(
      '--lock-timeout <seconds>',
      'how long to wait for another run on the same state directory',
      secondsOrNone,
      0,
    )
    .optionsGroup('Options:');
}

/** Adds the options that select the tokens to plan. */
export function targetOptions(command: Command): Command {
  return command
    .optionsGroup('Which tokens:')
    .option(
      '--target <address-glob>',
      'only tokens whose address matches, with * and ? (repeatable)',
      collect,
      [],
    )
    .option('--replace <address>', 'make this token anew (repeatable)', collect, [])
    .optionsGroup('Options:');
}

/**
 * Adds the options of commands that plan.
 *
 * @param env the environment, which tells the part of `--shard auto/N`
 */
export function custodyOptions(command: Command, env: Readonly<Record<string, string | undefined>>): Command {
  return stateOption(command)
    .optionsGroup('Custody:')
    .option(
      '--grace <seconds>',
      'how late a lost request may still take effect, or a listing lag',
      secondsOrNone,
      30,
    )
    .option(
      '--max-deletes <n|p%>',
      'how many tokens of a scope may be deleted: a number, or a part of its live tokens (default: 30%, of ten or more)',
      deleteLimit,
    )
    .option('--strict-outcome', 'only proof, and no evidence, tells that a token is ours', false)
    .optionsGroup('Which tokens:')
    .option(
      '--shard <i/n>',
      'only this part of the registries and accounts, of so many; auto/8 takes JOB_COMPLETION_INDEX plus one',
      (text) => shard(text, env),
    )
    .optionsGroup('Options:');
}

/** Adds the options of commands that show live tokens. */
export function selectionOptions(command: Command): Command {
  return stateOption(insecureOption(connectionOptions(command)))
    .addOption(
      new Option('--kind <kind>', 'only this kind (repeatable)')
        .argParser<readonly string[]>(kindArgument)
        .default([], 'all'),
    )
    .option('--registry <registry>', 'only this registry, by ID or name (repeatable)', collect, [])
    .option('--org <organization>', 'only this organization on Docker Hub (repeatable)', collect, []);
}

/** Adds `--allow-insecure-http`. */
export function insecureOption(command: Command): Command {
  return command.option('--allow-insecure-http', 'send credentials over plain http', false);
}

/** Collects the values of an option that can be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Reads the digest of a plan. */
export function digest(text: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected the digest of a plan: sha256: and 64 hex digits in lower case');
}

/** Parses an instant to seconds since 1970. */
export function instant(text: string): number {
  const seconds = parseInstant(text, 'refuse');
  if (seconds === undefined) throw new InvalidArgumentError('expected an instant, as 2027-06-30T00:00:00Z');
  return seconds;
}

/** Collects the values of `--kind`. */
function kindArgument(value: string, before: readonly string[]): readonly string[] {
  if (tokenKinds.some((declaration) => declaration.kind === value)) return collect(value, before);
  throw new InvalidArgumentError(`expected ${tokenKinds.map(({ kind }) => kind).join(' or ')}`);
}

/** Returns a parser of whole numbers that are no smaller than a bound. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < least) {
      throw new InvalidArgumentError(`expected a whole number from ${least}`);
    }
    return number;
  };
}

function deleteLimit(text: string): MaxDeletes {
  const [, number = '', percent] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  if (number === '' || (percent === '%' && Number(number) > 100)) {
    throw new InvalidArgumentError('expected a whole number, or a part of up to 100%');
  }
  return percent === '%' ? { percent: Number(number) } : { count: Number(number) };
}

/** Maximum number of shards: more than there are scopes. */
const mostShards = 10_000;

function shard(text: string, env: Readonly<Record<string, string | undefined>>): Shard {
  const [, first = '', of = ''] = /^(auto|\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  const count = Number(of);
  if (first === '' || count < 1 || count > mostShards) {
    throw new InvalidArgumentError(`expected a part and how many there are, as 3/8 or auto/8`);
  }
  if (first !== 'auto') {
    const index = Number(first);
    if (index < 1 || index > count) throw new InvalidArgumentError(`expected a part from 1 to ${count}`);
    return { index, count };
  }
  const { JOB_COMPLETION_INDEX: told = '' } = env;
  if (!/^\d{1,5}$/.test(told)) {
    throw new InvalidArgumentError(
      'auto takes JOB_COMPLETION_INDEX, which an Indexed Job of Kubernetes sets, and which is not set here',
    );
  }
  if (Number(told) >= count) {
    throw new InvalidArgumentError(`JOB_COMPLETION_INDEX is ${told}, and ${count} parts count from 0`);
  }
  return { index: Number(told) + 1, count };
}

const mostSeconds = 86_400;

function seconds(text: string): number {
  const number = numberIn(text);
  if (number === undefined || number === 0) {
    throw new InvalidArgumentError(`expected seconds, more than 0 and at most ${mostSeconds}`);
  }
  return number;
}

function secondsOrNone(text: string): number {
  const number = numberIn(text);
  if (number === undefined) throw new InvalidArgumentError(`expected seconds, from 0 to ${mostSeconds}`);
  return number;
}

function numberIn(text: string): number | undefined {
  const number = Number(text);
  return /^\d+(\.\d+)?$/.test(text) && number <= mostSeconds ? number : undefined;
}
