import type { SourceLocation } from '../core/model/errors.ts';
import { type Call, callsIn, mayFail } from './calls.ts';
import { type Context, conditional, enter, enterInclude } from './context.ts';
import { runInclude } from './includes.ts';
import { blockKeywords, includes, isDynamic, strangeKeyword, tokenModule } from './keywords.ts';
import { hasLoop, isLoop, roundsOf } from './loops.ts';
import { runOtherTask } from './other-task.ts';
import type { Walkers } from './roles.ts';
import { addStop, type Run, type Stop, takeStep } from './run.ts';
import { lookupIn, type VariableScope } from './scope.ts';
import { runTokenTask } from './token-task.ts';
import { relativePlace } from './unconverted.ts';
import { isMapping, openMap, unknown, type Value } from './value.ts';
import type { YamlFields, YamlFile } from './yaml.ts';

/** The handlers of a play: they run at the end of a section, or when a task says so. */
export interface Handlers {
  flush(): void;
  add(follow: () => void): void;
}

/** Creates the handlers of a play. */
export function createHandlers(): Handlers {
  const all: (() => void)[] = [];
  return {
    flush() {
      // Handlers may include roles, which add their own handlers.
      for (const follow of [...all]) follow();
    },
    add(follow) {
      all.push(follow);
    },
  };
}

const handlerText = 'a handler: Ansible runs it only if a task notifies it';

/** Follows a list of tasks and blocks. */
export function walkTasks(
  run: Run,
  context: Context,
  node: YamlFile['root'],
  place: SourceLocation,
  handlers: Handlers,
): void {
  const { yaml } = context;
  if (!node || yaml.value(node) === null) return;
  const items = yaml.items(node);
  if (!items) {
    run.left.push({ source: place, message: 'expected a list of tasks; it is not converted' });
    return;
  }
  for (const item of items) walkItem(run, context, item, handlers);
}

/** Follows a task or a block. */
export function walkItem(run: Run, context: Context, node: YamlFile['root'], handlers: Handlers): void {
  takeStep(run);
  const { yaml } = context;
  const fields = yaml.fields(node);
  const source = yaml.place(node);
  if (!fields) run.left.push({ source, message: 'expected a task; it is not converted' });
  else if (fields.has('block')) walkBlock(run, context, fields, handlers);
  else walkTask(run, context, fields, source, handlers);
}

/** Follows the handlers of a play or role, none of which certainly runs. */
export function walkHandlers(
  run: Run,
  context: Context,
  node: YamlFile['root'],
  place: SourceLocation,
  handlers: Handlers,
): void {
  walkTasks(run, conditional(context, handlerText), node, place, handlers);
}

function walkBlock(run: Run, context: Context, fields: YamlFields, handlers: Handlers): void {
  const stranger = [...fields.keys()].find((key) => !blockKeywords.has(key));
  const entered = enter(context, fields, 'inner');
  const inner =
    stranger === undefined
      ? entered
      : conditional(entered, `${stranger}: not a keyword of a block, so Ansible rejects it`);
  const section = (name: string, within: Context): void => {
    const list = fields.get(name);
    if (list) walkTasks(run, within, list.node, list.place, handlers);
  };
  const before = run.stops;
  section('block', inner);
  // A rescue catches failures; its tasks run only then.
  const rescue = fields.get('rescue');
  const isCaught = (stop: Stop): boolean => rescue !== undefined && stop.by === 'failure';
  const inside = run.stops.filter((stop) => !before.includes(stop) && !isCaught(stop));
  run.stops = before;
  if (rescue) {
    const text = `rescue (${relativePlace(rescue.place, rescue.place)}): Ansible runs it only if the block fails`;
    section('rescue', conditional(inner, text));
  }
  const rescued = run.stops.filter((stop) => !before.includes(stop));
  // An end of the play skips `always` as well.
  run.stops = [...before, ...[...inside, ...rescued].filter(({ by }) => by !== 'failure')];
  section('always', inner);
  run.stops = [...new Set([...run.stops, ...inside, ...rescued])];
}

function walkTask(
  run: Run,
  context: Context,
  fields: YamlFields,
  source: SourceLocation,
  handlers: Handlers,
): void {
  const [call, ...more] = callsIn(fields);
  if (!call || more.length > 0) {
    rejectTask(run, context, call ? [call, ...more] : [], source);
    return;
  }
  const isInclude = includes.has(call.module);
  const entered = isInclude ? intoInclude(run, context, fields, call) : enter(context, fields, 'inner', true);
  const inner = fields.has('listen') ? conditional(entered, handlerText) : entered;
  const token = tokenModule(call.module);
  const given = fields.get('register')?.value;
  const register = typeof given === 'string' ? given : undefined;
  const args = fields.get('args')?.value ?? null;
  const known = walkRounds(run, inner, fields, (round) => {
    if (token !== undefined) {
      return runTokenTask(run, round, {
        module: token,
        options: call.options,
        args,
        ...(register !== undefined && { register }),
        source,
      });
    }
    if (isInclude) runInclude(run, round, call, walkersOf(run, handlers));
    const returned = isInclude ? undefined : runOtherTask(run, round, fields, call, handlers.flush);
    return returned ?? unknown(`the result of line ${source.line}`);
  });
  // An asynchronous task has no result yet.
  const poll = fields.get('poll')?.value ?? null;
  const isDetached = fields.has('async') && poll !== null && !(typeof poll === 'number' && poll > 0);
  const result = isDetached ? undefined : known;
  if (given !== undefined && register === undefined) {
    run.changed ??= `the name in register (${relativePlace(source, source)})`;
  }
  if (register !== undefined) {
    run.facts.set(register, result ?? unknown(`the result of line ${source.line} is unknown`));
  }
  if (!isInclude && mayFail(fields, call, token !== undefined)) {
    addStop(run, inner, {
      text: `${call.module} (${relativePlace(source, source)})`,
      isCertain: call.module === 'fail' && !hasLoop(fields),
      by: 'failure',
    });
  }
}

function intoInclude(run: Run, context: Context, fields: YamlFields, { module, place }: Call): Context {
  const isStatic = !isDynamic(module);
  const entered = isStatic ? enter(context, fields, 'inner', true) : enterInclude(context, fields);
  const loop = [...fields.keys()].find(isLoop);
  const keyword = isStatic ? loop : strangeKeyword(module, fields.keys());
  if (keyword === undefined) return entered;
  const text = `${keyword}: not a keyword of ${module}`;
  addStop(run, context, { text: `${text} (${relativePlace(place, place)})`, isCertain: false, by: 'any' });
  return conditional(entered, `${text}, so Ansible rejects it`);
}

/** Reports a task with no module or several; Ansible doesn't even begin. */
function rejectTask(run: Run, context: Context, calls: readonly Call[], source: SourceLocation): void {
  const names = calls.map(({ module }) => module);
  const text =
    names.length === 0
      ? 'a task without a module'
      : `${names.join(' and ')}: a task can have only one module`;
  const token = names.map(tokenModule).find((module) => module !== undefined);
  if (token !== undefined) {
    run.tasks += 1;
    run.left.push({ source, message: `${text}, so Ansible rejects it; the task is not converted` });
    run.tokens.mention({
      kind: token === 'registry_token' ? token : 'docker_hub_personal_token',
      source,
      root: context.trail[0] ?? '',
    });
  }
  addStop(run, context, { text: `${text} (${relativePlace(source, source)})`, isCertain: false, by: 'any' });
}

/** Returns what follows the files of an include or role. */
export function walkersOf(run: Run, handlers: Handlers): Walkers {
  const within = (outer: Context, file: YamlFile): Context => {
    run.walked.add(file.file);
    return { ...outer, yaml: file, trail: [...outer.trail, file.file] };
  };
  return {
    tasks(outer, file) {
      walkTasks(run, within(outer, file), file.root, file.place(file.root), handlers);
    },
    handlers(outer, file) {
      const inner = within(outer, file);
      handlers.add(() => walkHandlers(run, inner, file.root, file.place(file.root), handlers));
    },
  };
}

/**
 * Follows a task once for each round of its loop; returns its result, or the results of all rounds as `results`. If the
 * rounds aren't known, it is followed once, as something that might not run.
 */
function walkRounds(
  run: Run,
  context: Context,
  fields: YamlFields,
  perform: (round: Context) => Value,
): Value | undefined {
  if (!hasLoop(fields)) return perform(context);
  const found = roundsOf(fields, lookupIn(context.scope, run, run.used));
  if (typeof found === 'string') {
    perform(conditional(context, found));
    return undefined;
  }
  const loopAssumed = context.scope.loopAssumed ?? found.assumed;
  const results = found.loopIterations.map(({ variables, item }) => {
    takeStep(run);
    const scope: VariableScope = {
      ...context.scope,
      loop: { ...context.scope.loop, ...variables },
      ...(loopAssumed && { loopAssumed }),
    };
    const result = perform({ ...context, scope });
    return isMapping(result) ? openMap({ ...result, item }) : result;
  });
  return openMap({ results });
}
