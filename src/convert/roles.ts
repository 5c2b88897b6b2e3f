import type { SourceLocation } from '../core/model/errors.ts';
import { canonical } from './canonical.ts';
import { type Context, conditional, enter } from './context.ts';
import { roleKeywords } from './keywords.ts';
import type { RoleFolder } from './library.ts';
import { addStop, type DependencyVariables, type Run, takeStep } from './run.ts';
import { hide } from './scope.ts';
import type { Assumption } from './template.ts';
import { relativePlace } from './unconverted.ts';
import { type Included, unread } from './unread.ts';
import {
  isList,
  isMapping,
  isUnknown,
  own,
  unknown,
  unknownReason,
  type Value,
  type ValueMap,
} from './value.ts';
import type { YamlField, YamlFields, YamlFile } from './yaml.ts';

/** Follows files of tasks and of handlers. */
export interface Walkers {
  tasks(context: Context, file: YamlFile): void;
  handlers(context: Context, file: YamlFile): void;
}

/** A role in the list of a play, or one that another role depends on. */
export interface ListedRole {
  /** `undefined` if it isn't certain. */
  readonly name: string | undefined;
  /** Its keywords and variables; empty if it is only named. */
  readonly settings: ValueMap;
  readonly key: string;
  readonly place: SourceLocation;
}

/** Returns the roles of a list; `undefined` if the list isn't known. */
export function rolesIn(key: string, value: Value, place: SourceLocation): readonly ListedRole[] | undefined {
  if (value === null) return [];
  if (!isList(value)) return undefined;
  return value.map((role) => {
    const settings = isMapping(role) ? role : {};
    const name = isMapping(role) ? (own(role, 'role') ?? own(role, 'name')) : role;
    return {
      name: typeof name === 'string' && !name.includes('{{') ? name : undefined,
      settings,
      key,
      place,
    };
  });
}

/** Follows a role of a list. Ansible runs it once in a play, unless its settings differ. */
export function walkRole(run: Run, context: Context, role: ListedRole, walkers: Walkers): void {
  takeStep(run);
  const { name, settings, key, place } = role;
  const asField = (setting: string, value: Value): [string, YamlField] => [
    setting,
    { name: setting, node: undefined, value, place },
  ];
  const fields: YamlFields = new Map(
    Object.entries(settings).map(([setting, value]) => asField(setting, value)),
  );
  const keywords = new Map([...fields].filter(([setting]) => roleKeywords.has(setting)));
  const variables = Object.fromEntries(
    Object.entries(settings).filter(([setting]) => !roleKeywords.has(setting)),
  );
  const named = enter(context, keywords, undefined);
  const entered: Context = {
    ...named,
    scope: { ...named.scope, params: { ...named.scope.params, ...variables } },
  };
  if (name === undefined) {
    unread(run, entered, { key, name: 'a role with an unknown name', place });
    return;
  }
  const { role: _, name: __, ...others } = settings;
  const signature = canonical([name, others]);
  const isRepeated =
    run.roles.has(signature) && own(metaOf(run, context, name) ?? {}, 'allow_duplicates') !== true;
  run.roles.add(signature);
  const inner = isRepeated
    ? conditional(entered, `${key}: the play lists the role ${name} before, and Ansible runs a role once`)
    : entered;
  runRole(run, inner, { key, name, options: {}, vars: own(settings, 'vars') ?? null, place }, walkers);
}

/** A role as a play or task names it. */
export interface RoleCall extends Included {
  /** The options of `include_role`; empty for a listed role. */
  readonly options: ValueMap;
  /** The keyword `vars` of a listed role. */
  readonly vars: Value;
}

/** Follows the tasks of a role, with its variables, after the roles that it depends on. */
export function runRole(run: Run, context: Context, role: RoleCall, walkers: Walkers): void {
  const { name, options, place, key } = role;
  const find = (folder: RoleFolder): YamlFile | undefined => {
    const file = own(options, `${folder}_from`);
    if (file !== undefined && typeof file !== 'string') return undefined;
    return run.library.role(context, name, folder, file);
  };
  const tasks = find('tasks');
  if (!tasks || context.trail.includes(tasks.file)) {
    unread(run, context, role);
    return;
  }
  const inner = onceAgain(run, context, role);
  const [defaults, vars] = [variablesOf(run, find('defaults')) ?? {}, variablesOf(run, find('vars')) ?? {}];
  const given = varsOf(role.vars);
  const { scope } = inner;
  const within = { ...inner, yaml: tasks, trail: [...inner.trail, tasks.file] };
  const others = dependencyVariables(run, within, name);
  walkDependencies(
    run,
    {
      ...within,
      scope: {
        ...scope,
        base: {
          ...unsure(defaults, `the role ${name} sets it`),
          ...scope.base,
          ...unsure({ ...vars, ...given.variables }, `the role ${name} sets it`),
        },
      },
    },
    name,
    walkers,
  );
  checkArguments(run, within, name);
  const missing = find('vars') ? others.missing : missingVars(name);
  const overridable = missing ? { why: missing, isReported: true } : scope.overridable;
  const merged = {
    ...scope,
    base: { ...others.defaults, ...defaults, ...scope.base, ...others.vars, ...vars, ...given.variables },
    // Variables of a block that contains the role win over the role's own.
    inner: { ...scope.inner, ...inBoth(scope.inner, { ...vars, ...given.variables }) },
    ...(overridable && { overridable }),
  };
  const ready: Context = {
    ...inner,
    scope: given.hidden === undefined ? merged : hide(merged, 'base', given.hidden),
  };
  const handlers = find('handlers');
  if (handlers) walkers.handlers(ready, handlers);
  walkers.tasks(ready, tasks);
  if (key === 'roles' || key === 'dependencies') return;
  // Later tasks may see these variables.
  for (const variable of Object.keys({ ...others.defaults, ...others.vars, ...defaults, ...vars })) {
    run.facts.set(variable, unknown(`${key} (${relativePlace(place, place)}) sets it`));
  }
}

/** Returns the context of a role that a task includes. The role may be set to run once only. */
function onceAgain(run: Run, context: Context, { name, options }: RoleCall): Context {
  const allowed = own(options, 'allow_duplicates');
  const signature = canonical([name]);
  const isRepeated = run.roles.has(signature);
  run.roles.add(signature);
  if (allowed === undefined || allowed === true || !isRepeated) return context;
  return conditional(context, `allow_duplicates: the play may have run the role ${name} before`);
}

/** Follows the roles that a role depends on. */
function walkDependencies(run: Run, context: Context, name: string, walkers: Walkers): void {
  const dependencies = dependenciesOf(run, context, name);
  if (dependencies === undefined) {
    const place = context.yaml.place(context.yaml.root);
    unread(run, context, { key: 'dependencies', name: `a role that ${name} depends on`, place });
  }
  for (const dependency of dependencies ?? []) walkRole(run, context, dependency, walkers);
}

/** Returns the roles that a role depends on, as far as its `meta/main.yml` is given; `undefined` if not known. */
function dependenciesOf(run: Run, context: Context, name: string): readonly ListedRole[] | undefined {
  const file = run.library.role(context, name, 'meta');
  const meta = metaOf(run, context, name);
  if (!file || !meta) return [];
  const field = file.fields(file.root)?.get('dependencies');
  return rolesIn('dependencies', field?.value ?? null, field?.place ?? file.place(file.root));
}

function metaOf(run: Run, context: Context, name: string): ValueMap | undefined {
  return variablesOf(run, run.library.role(context, name, 'meta'));
}

/** Records that Ansible checks the arguments of a role, and fails if they are wrong. */
function checkArguments(run: Run, context: Context, name: string): void {
  const specs = run.library.role(context, name, 'meta', 'argument_specs');
  if (specs) run.walked.add(specs.file);
  if (!specs && own(metaOf(run, context, name) ?? {}, 'argument_specs') === undefined) return;
  addStop(run, context, { text: `argument_specs of the role ${name}`, isCertain: false, by: 'failure' });
}

/** Variables that a role adds to its play. */
export interface RoleVariables {
  readonly defaults: ValueMap;
  readonly vars: ValueMap;
  /** The reason why there may be others. */
  readonly overridable?: Assumption;
}

/** Returns the variables that a listed role adds to the play. */
export function exportedBy(run: Run, context: Context, role: ListedRole): RoleVariables {
  const { name, settings } = role;
  if (name === undefined) {
    const unknownRole = 'roles: the variables of a role are not among the files';
    return { defaults: {}, vars: {}, overridable: { why: unknownRole, isReported: true } };
  }
  const vars = run.library.role(context, name, 'vars');
  const others = dependencyVariables(run, context, name);
  const why = vars ? others.missing : missingVars(name);
  const given = varsOf(own(settings, 'vars') ?? null);
  return {
    defaults: { ...others.defaults, ...variablesOf(run, run.library.role(context, name, 'defaults')) },
    vars: {
      ...others.vars,
      ...variablesOf(run, vars),
      // Some versions of Ansible give these to the whole play.
      ...unsure(given.variables, `the vars of the role ${name} set it`),
    },
    ...(why !== undefined && { overridable: { why, isReported: true } }),
  };
}

/** Returns the variables of the roles that a role depends on. Several may set the same one, so none is known. */
function dependencyVariables(run: Run, context: Context, name: string): DependencyVariables {
  const key = JSON.stringify([context.yaml.file, context.trail[0], name]);
  const known = run.dependencies.get(key) ?? readDependencies(run, context, name);
  run.dependencies.set(key, known);
  return known;
}

function readDependencies(run: Run, context: Context, name: string): DependencyVariables {
  const why = `a role that ${name} depends on sets it`;
  const defaults: Record<string, Value> = {};
  const vars: Record<string, Value> = {};
  let missing: string | undefined;
  const seen = new Set([name]);
  const file = (role: string, folder: RoleFolder): YamlFile | undefined =>
    run.library.role(context, role, folder);
  const add = (role: string): void => {
    if (!file(role, 'meta')) {
      missing ??= `meta/main.yml of the role ${role} is not among the files and may name roles that set any variable`;
    }
    for (const { name: other, settings } of dependenciesOf(run, context, role) ?? []) {
      if (other === undefined) {
        missing ??= `${role} depends on an unknown role, which may set any variable`;
        continue;
      }
      if (seen.has(other)) continue;
      seen.add(other);
      const varsFile = file(other, 'vars');
      missing ??= varsFile ? undefined : missingVars(other);
      const given = varsOf(own(settings, 'vars') ?? null);
      Object.assign(defaults, unsure(variablesOf(run, file(other, 'defaults')) ?? {}, why));
      Object.assign(vars, unsure({ ...variablesOf(run, varsFile), ...given.variables }, why));
      add(other);
    }
  };
  add(name);
  return { defaults, vars, ...(missing !== undefined && { missing }) };
}

function missingVars(role: string): string {
  return `vars/main.yml of the role ${role} is not among the files and may set any variable`;
}

/** Returns the variables of a file; `undefined` if it isn't given. */
function variablesOf(run: Run, file: YamlFile | undefined): ValueMap | undefined {
  if (!file) return undefined;
  run.walked.add(file.file);
  const value = file.value(file.root);
  return isMapping(value) ? value : {};
}

/** Reads the keyword `vars` of a role. */
function varsOf(value: Value): { readonly variables: ValueMap; readonly hidden?: string } {
  if (value === null) return { variables: {} };
  if (isMapping(value)) return { variables: value };
  return {
    variables: {},
    hidden: isUnknown(value) ? `vars: ${unknownReason(value)}` : 'vars: an unknown value',
  };
}

function unsure(variables: ValueMap, why: string): ValueMap {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, unknown(why)]));
}

function inBoth(inner: ValueMap, vars: ValueMap): ValueMap {
  const names = Object.keys(vars).filter((name) => Object.hasOwn(inner, name));
  return Object.fromEntries(
    names.map((name): [string, Value] => [name, unknown('a role and a block both set it')]),
  );
}
