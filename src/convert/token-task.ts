import type { SourceLocation } from '../core/model/errors.ts';
import type { Kind } from '../core/model/token.ts';
import { type Condition, type Context, conditionOf, defaultsFor, environmentOf } from './context.ts';
import { type TokenModule, tokenModule } from './keywords.ts';
import { convertPersonalToken, isOtherHub, personalTokenOptions } from './personal-token.ts';
import { createTaskReader, identityOf, type Task, type TaskReader } from './reader.ts';
import { convertRegistryToken, type Draft, registryTokenOptions } from './registry-token.ts';
import { addStop, type Run } from './run.ts';
import { lookupIn } from './scope.ts';
import { resolveTemplate } from './template.ts';
import type { Operation } from './tokens.ts';
import {
  isMapping,
  isUnknown,
  openMap,
  reference,
  referred,
  unknown,
  unknownReason,
  type Value,
  type ValueMap,
} from './value.ts';

/** A task of a token module as it stands. */
export interface TokenTask {
  readonly module: TokenModule;
  /** Its options; a text if they are written as one. */
  readonly options: Value;
  /** The keyword `args`. */
  readonly args: Value;
  readonly register?: string;
  readonly source: SourceLocation;
}

/** Follows a task of a token module; returns its result. */
export function runTokenTask(run: Run, context: Context, given: TokenTask): Value {
  const { module, source } = given;
  const none = unknown(`the result of line ${source.line}, which is not converted`);
  run.tasks += 1;
  if (module === 'info') {
    run.left.push({ source, message: 'the task only reads tokens: reconcile list does that' });
    return none;
  }
  const condition = conditionOf(context) ?? unreached(run);
  const leave = (message: string): void => {
    run.left.push({ source, message });
  };
  const used = new Set<string>();
  const task = taskOf(run, context, given, used);
  if (module === 'docker_hub_token') {
    leave(
      'a login task is not needed: DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD are read from the environment',
    );
    return condition || typeof task === 'string' ? none : loginResult(task);
  }
  const kind: Kind = module === 'registry_token' ? 'registry_token' : 'docker_hub_personal_token';
  const mention = (creates: Draft['creates']): void => {
    if (creates) run.tokens.mention({ kind, ...creates, source, root: rootOf(context) });
  };
  if (typeof task === 'string') {
    leave(`${condition?.text ?? task}; the task is not converted`);
    mention({});
    return none;
  }
  const reader = createTaskReader(task);
  const draft =
    kind === 'registry_token'
      ? convertRegistryToken(reader, task, run.tokens.isMade)
      : convertPersonalToken(reader, task, run.tasks);
  const rejection = unknownOption(task.options, kind) ?? reader.rejection();
  if (rejection !== undefined) {
    const text = `${module} (line ${source.line}), which Ansible rejects,`;
    addStop(run, context, { text, isCertain: false, by: 'failure' });
  }
  const reason =
    (condition && `${condition.text}; the task is not converted`) ??
    (rejection === undefined
      ? undefined
      : `${rejection}, so Ansible rejects the task; it is not converted`) ??
    (draft.operation && obstacleTo(draft.operation, reader, run, context, task));
  if (reason === undefined) {
    run.left.push(...reader.left);
    for (const { why } of reader.assumptions.filter(({ isReported }) => !isReported)) {
      leave(`${why}: using its default`);
    }
  } else leave(reason);
  // With other values it may be any token.
  if (reader.assumptions.length > 0) mention(draft.creates && {});
  if (reason !== undefined || !draft.operation) {
    mention(draft.creates);
    return none;
  }
  for (const name of used) run.used.add(name);
  for (const tag of context.tags) run.tags.add(tag);
  // With other hosts, or after a task that may end the play, it might not run.
  const isPossible = context.hosts !== undefined || run.stops.length > 0;
  run.tokens.apply({ ...draft.operation, isPossible });
  return draft.result ?? none;
}

function rootOf({ trail }: Context): string {
  return trail[0] ?? '';
}

/** Returns the condition that an earlier task ends the play, so that nothing here runs. */
function unreached({ stops }: Run): Condition | undefined {
  const stop = stops.find(({ isCertain }) => isCertain);
  return stop && { text: `${stop.text} ends the play before it`, isNever: true };
}

/** Returns the task with all settings of its play, or why its options aren't known. */
function taskOf(run: Run, context: Context, given: TokenTask, used: Set<string>): Task | string {
  const defaults = defaultsFor(context, (name) => tokenModule(name) === given.module);
  const environment = environmentOf(context);
  const [options, args] = [given.options ?? {}, given.args ?? {}];
  if (!defaults) return 'module_defaults: an unknown value';
  if (!isMapping(args)) return 'args: an unknown value';
  if (isUnknown(options)) return unknownReason(options);
  if (!isMapping(options)) return 'its options are a string: write them as a mapping';
  return {
    // The module's own options win over `args`, and both over defaults.
    options: { ...defaults, ...args, ...options },
    environment: environment ?? {},
    hasHiddenEnvironment: environment === undefined,
    lookup: lookupIn(context.scope, run, used),
    ...(given.register !== undefined && { register: given.register }),
    source: given.source,
    root: rootOf(context),
  };
}

/** Returns an option that the module doesn't have. */
function unknownOption(options: ValueMap, kind: Kind): string | undefined {
  const known = kind === 'registry_token' ? registryTokenOptions : personalTokenOptions;
  const option = Object.keys(options).find((name) => !known.has(name));
  return option === undefined ? undefined : `${option}: not an option of the module`;
}

/** Returns why a task is not converted although, by its own conditions, it runs. */
function obstacleTo(
  operation: Operation,
  reader: TaskReader,
  run: Run,
  context: Context,
  task: Task,
): string | undefined {
  const { state, kind } = operation;
  const what = state === 'absent' ? 'the delete' : 'the task';
  if (kind === 'docker_hub_personal_token') {
    const account = accountOf(task);
    run.account ??= account;
    if (account !== run.account)
      return 'token: another Docker Hub account than in earlier tasks, but a run uses only one; the task is not converted';
    if (isOtherHub(reader)) return `url: another server than Docker Hub; ${what} is not converted`;
  }
  if (state === 'present') return undefined;
  // An update or delete changes an existing token, so its values must be certain.
  const [assumption] = reader.assumptions;
  if (assumption) return `${assumption.why}; ${what} is not converted`;
  const { obstacle } = reader.connection();
  if (kind === 'registry_token' && obstacle !== undefined) return `${obstacle}; ${what} is not converted`;
  if (state === 'update' && !(operation.renamed !== undefined && operation.values['allow_replace'] === true))
    return undefined;
  const [stop] = run.stops;
  if (stop) return `${stop.text} may end the play before this task; ${what} is not converted`;
  return context.hosts === undefined ? undefined : `${context.hosts}; ${what} is not converted`;
}

/** Returns a text that is the same for tasks with the same login. */
function accountOf({ options, lookup }: Task): string {
  const known = resolveTemplate(options['token'] ?? null, lookup);
  return ('value' in known ? referred(known.value, 'account') : undefined) ?? identityOf(known);
}

/** Returns the result of a login, which represents its account: tokens of two accounts may have the same label. */
function loginResult({ options, lookup }: Task): Value {
  const account = identityOf(resolveTemplate(options['username'] ?? null, lookup));
  return openMap({ token: reference('account', account) });
}
