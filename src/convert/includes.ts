import type { Source } from '../core/errors.ts';
import type { Call } from './calls.ts';
import { type Context, conditional, conditionOf } from './context.ts';
import { placeText } from './left.ts';
import { hiddenText } from './reader.ts';
import { addStop, type Run } from './run.ts';
import { lookupIn } from './scope.ts';
import { resolve } from './template.ts';
import { isMapping, own, unknown, type Value, type ValueMap } from './value.ts';
import type { YamlFile } from './yaml.ts';

/** Follows the tasks of a file. */
type WalkFile = (context: Context, file: YamlFile) => void;

/** Follows the file or role that a task includes. */
export function runInclude(
  run: Run,
  context: Context,
  call: Call,
  walkFile: WalkFile,
  walkHandlers: WalkFile,
): void {
  const { module, options, place } = call;
  const settings: ValueMap = isMapping(options) ? options : {};
  const isRole = module.endsWith('_role');
  const written = isRole
    ? (own(settings, 'name') ?? own(settings, 'role'))
    : isMapping(options)
      ? own(options, 'file')
      : options;
  const known = resolve(written ?? null, lookupIn(context.scope, run, new Set()));
  const inner =
    own(settings, 'apply') === undefined
      ? context
      : conditional(context, 'apply: its keywords are not followed here');
  if (!('value' in known) || typeof known.value !== 'string' || known.assumed) {
    const name =
      'value' in known
        ? 'a file that is not certain'
        : hiddenText(known).replace(/ is not known here.*/s, '');
    unread(run, inner, { key: module, name, place });
    return;
  }
  const name = known.value.trim();
  if (isRole) {
    runRole(run, inner, { key: module, name, options: settings, place }, walkFile, walkHandlers);
    return;
  }
  const file = run.library.find(context.yaml, name);
  if (file && !context.trail.includes(file.file)) walkFile(inner, file);
  else unread(run, inner, { key: module, name, place });
}

/** Something that is included, with the word by which it is reported. */
interface Included {
  readonly key: string;
  readonly name: string;
  readonly place: Source;
}

/** Reports a file that isn't given. It may have tasks, set variables and end the play. */
export function unread(run: Run, context: Context, { key, name, place }: Included): void {
  run.left.push({
    source: place,
    message: `${key}: ${name} is not among the files; its tasks are not converted`,
  });
  if (conditionOf(context)?.isNever) return;
  const text = `${key}: ${name} (${placeText(place, place)})`;
  run.assumed ??= { why: `${text} is not among the files and may set any variable`, isReported: true };
  addStop(run, context, { text, isCertain: false, by: 'any' });
}

/** A role as a play or task names it. */
export interface RoleCall extends Included {
  /** The options of `include_role`; empty for a role of a play. */
  readonly options: ValueMap;
}

/** Follows the tasks of a role, with its variables. */
export function runRole(
  run: Run,
  context: Context,
  role: RoleCall,
  walkFile: WalkFile,
  walkHandlers: WalkFile,
): void {
  const { name, options, place, key } = role;
  const find = (folder: 'tasks' | 'handlers' | 'defaults' | 'vars'): YamlFile | undefined => {
    const file = own(options, `${folder}_from`);
    return run.library.role(name, folder, typeof file === 'string' ? file : undefined);
  };
  const tasks = find('tasks');
  if (!tasks || context.trail.includes(tasks.file)) {
    unread(run, context, role);
    return;
  }
  const [defaults, vars] = [variablesOf(run, find('defaults')), variablesOf(run, find('vars'))];
  const { scope } = context;
  const overridable = vars
    ? scope.overridable
    : {
        why: `vars/main.yml of the role ${name} is not among the files and may set any variable`,
        isReported: true,
      };
  const inner: Context = {
    ...context,
    scope: {
      ...scope,
      base: { ...defaults, ...scope.base, ...vars },
      // Those of a block that the role is in win over the role's own.
      inner: { ...scope.inner, ...inBoth(scope.inner, vars ?? {}) },
      ...(overridable && { overridable }),
    },
  };
  const handlers = find('handlers');
  if (handlers) walkHandlers(inner, handlers);
  walkFile(inner, tasks);
  if (key === 'roles') return;
  // Later tasks may see these variables.
  for (const variable of Object.keys({ ...defaults, ...vars })) {
    run.facts.set(variable, unknown(`${key} (${placeText(place, place)}) sets it`));
  }
}

/** Returns the variables of a file; `undefined` if it isn't given. */
export function variablesOf(run: Run, file: YamlFile | undefined): ValueMap | undefined {
  if (!file) return undefined;
  run.walked.add(file.file);
  const value = file.value(file.root);
  return isMapping(value) ? value : {};
}

function inBoth(inner: ValueMap, vars: ValueMap): ValueMap {
  const names = Object.keys(vars).filter((name) => Object.hasOwn(inner, name));
  return Object.fromEntries(
    names.map((name): [string, Value] => [name, unknown('a role and a block both set it')]),
  );
}
