import type { SourceLocation } from '../core/model/errors.ts';
import { emptyScope, hide, type VariableLevel, type VariableScope } from './scope.ts';
import { relativePlace } from './unconverted.ts';
import {
  isList,
  isMapping,
  isUnknown,
  namesIn,
  own,
  unknown,
  unknownReason,
  type Value,
  type ValueMap,
} from './value.ts';
import type { YamlField, YamlFields, YamlFile } from './yaml.ts';

/** A reason why a task might not run. */
export interface Condition {
  readonly text: string;
  /** True if it never runs, unless Ansible is told so on its command line. */
  readonly isNever: boolean;
}

/** The keywords that apply to a task from its play, blocks and includes. */
export interface Context {
  readonly yaml: YamlFile;
  /** The files that include this one, and itself. */
  readonly trail: readonly string[];
  readonly scope: VariableScope;
  /** The variables that imports give to the plays of a playbook, which win over those of the plays. */
  readonly imported?: VariableScope;
  readonly condition?: Condition;
  readonly tags: readonly string[];
  readonly checkMode?: Condition;
  /** Environments, from the outermost to the innermost. */
  readonly environment: readonly Value[];
  /** Defaults by the names of modules; `undefined` if they aren't known. */
  readonly moduleDefaults: ValueMap | undefined;
  /** True if failures are ignored. */
  readonly ignoresErrors: boolean;
  /** The reason why the play may have no hosts. */
  readonly hosts?: string;
}

/** Creates the context at the beginning of a file. */
export function rootContext(yaml: YamlFile): Context {
  return {
    yaml,
    trail: [yaml.file],
    scope: emptyScope,
    tags: [],
    environment: [],
    moduleDefaults: {},
    ignoresErrors: false,
  };
}

/** Enters a play, block, task or static import: its keywords apply to all that is in it. */
export function enter(
  context: Context,
  fields: YamlFields,
  level: VariableLevel | undefined,
  isTask = false,
): Context {
  const value = (name: string): Value | undefined => fields.get(name)?.value;
  const { checkMode: outerCheck, ...outer } = context;
  const check = fields.has('check_mode') ? checkModeCondition(value('check_mode')) : outerCheck;
  const tags = namesIn(value('tags'));
  const condition =
    context.condition ??
    whenOf(fields.get('when'), isTask) ??
    (tags?.every((tag) => !tag.includes('{{')) ? undefined : maybe('tags: a template sets them'));
  return {
    ...outer,
    ...(condition && { condition }),
    ...(check && { checkMode: check }),
    ...(level && { scope: withVariables(context.scope, value('vars'), level) }),
    tags: [...context.tags, ...(tags ?? [])],
    environment: fields.has('environment')
      ? [...context.environment, value('environment') ?? null]
      : context.environment,
    moduleDefaults: withDefaults(context.moduleDefaults, value('module_defaults')),
    ignoresErrors: fields.has('ignore_errors') ? value('ignore_errors') === true : context.ignoresErrors,
  };
}

/** Enters a dynamic include. Only its condition and variables pass on to its tasks; the rest governs the include alone. */
export function enterInclude(context: Context, fields: YamlFields): Context {
  const { checkMode: _, ...entered } = enter(context, fields, 'params', true);
  const condition = conditionOf(entered);
  return { ...withKeywordsOf(context, entered), tags: context.tags, ...(condition && { condition }) };
}

/** Enters an import of a playbook. Its condition, tags and variables pass on to the plays. */
export function enterPlaybook(context: Context, fields: YamlFields): Context {
  const entered = withKeywordsOf(context, enter(context, fields, undefined));
  const inner = withVariables(emptyScope, fields.get('vars')?.value, 'base');
  const outer = context.imported ?? emptyScope;
  const hidden = outer.hidden ?? inner.hidden;
  // The outer import gives its variables last.
  return {
    ...entered,
    imported: {
      ...emptyScope,
      base: { ...(outer.hidden ? {} : inner.base), ...outer.base },
      ...(hidden && { hidden }),
    },
  };
}

/** Returns a context with the keywords of another one that a dynamic include or an import does not pass on. */
function withKeywordsOf(outer: Context, context: Context): Context {
  const { checkMode: _, ...rest } = context;
  const { checkMode, environment, moduleDefaults, ignoresErrors } = outer;
  return { ...rest, environment, moduleDefaults, ignoresErrors, ...(checkMode && { checkMode }) };
}

/** Gives the variables of imports to a play. */
export function withImported({ imported, ...context }: Context): Context {
  if (!imported) return context;
  const why = imported.hidden?.base;
  const scope = why === undefined ? context.scope : hide(context.scope, 'base', why);
  return { ...context, scope: { ...scope, base: { ...scope.base, ...imported.base } } };
}

/** Returns a context in which no task certainly runs. */
export function conditional(context: Context, text: string): Context {
  return context.condition ? context : { ...context, condition: maybe(text) };
}

/** Returns why a task of this context might not run; `undefined` if it certainly does. */
export function conditionOf({ condition, tags, checkMode }: Context): Condition | undefined {
  if (condition) return condition;
  if (tags.includes('never') && !tags.includes('always')) {
    return { text: 'tags: never: Ansible runs it only if a tag selects it', isNever: true };
  }
  return checkMode;
}

function maybe(text: string): Condition {
  return { text, isNever: false };
}

/** Returns the condition in `when`; literals are decided. */
function whenOf(field: YamlField | undefined, isTask: boolean): Condition | undefined {
  if (!field) return undefined;
  const conditions = isList(field.value) ? field.value : [field.value];
  const open = conditions.filter(
    (one) => !(one === null || one === true || one === 'true' || one === 'True'),
  );
  if (open.length === 0) return undefined;
  const at = isTask ? '' : ` (${whereOf(field.place)})`;
  if (open.some((one) => one === false || one === 'false' || one === 'False')) {
    return { text: `when: false${at}: Ansible never runs it`, isNever: true };
  }
  const text = open.map((one) => (typeof one === 'string' ? one : 'an unknown value')).join(' and ');
  return maybe(`when: ${text}${at}: a manifest has no conditions`);
}

function whereOf(place: SourceLocation): string {
  return relativePlace(place, place);
}

function checkModeCondition(value: Value | undefined): Condition | undefined {
  if (value === false || value === null || value === undefined) return undefined;
  return value === true
    ? { text: 'check_mode: true: Ansible skips the module', isNever: true }
    : maybe('check_mode: a template decides whether Ansible skips the module');
}

function withVariables(scope: VariableScope, value: Value | undefined, level: VariableLevel): VariableScope {
  if (value === undefined || value === null) return scope;
  const variables = mappingOf(value);
  if (variables) return { ...scope, [level]: { ...scope[level], ...variables } };
  return hide(scope, level, isUnknown(value) ? `vars: ${unknownReason(value)}` : 'vars: an unknown value');
}

/** Returns a mapping, or a list of mappings merged, as Ansible accepts variables. */
function mappingOf(value: Value): ValueMap | undefined {
  if (isMapping(value)) return value;
  return isList(value) && value.every(isMapping) ? Object.assign({}, ...value) : undefined;
}

function withDefaults(outer: ValueMap | undefined, value: Value | undefined): ValueMap | undefined {
  if (value === undefined || value === null) return outer;
  const inner = mappingOf(value);
  return outer && inner && { ...outer, ...inner };
}

/** Groups of modules that may include those converted here. */
const ourGroups = /^group\/(?:ionoscloudsdk\.ionoscloud|community\.missing_collection)\./;

/** Returns the options that `module_defaults` gives a module, by any of its names; `undefined` if they aren't known. */
export function defaultsFor(
  { moduleDefaults }: Context,
  isModule: (name: string) => boolean,
): ValueMap | undefined {
  if (moduleDefaults === undefined) return undefined;
  const groups: Record<string, Value> = {};
  const options: Record<string, Value> = {};
  for (const [name, value] of Object.entries(moduleDefaults)) {
    const isGroup = ourGroups.test(name);
    if (!isGroup && !isModule(name)) continue;
    if (!isMapping(value)) return undefined;
    if (!isGroup) Object.assign(options, value);
    // The members of a group are not known here.
    else for (const option of Object.keys(value)) groups[option] = unknown(`an option of ${name}`);
  }
  return { ...groups, ...options };
}

/** Returns the variables of the environment that a task runs with; `undefined` if they aren't known. */
export function environmentOf({ environment }: Context): ValueMap | undefined {
  const merged: Record<string, Value> = {};
  for (const part of environment.flatMap((value) => (isList(value) ? value : [value]))) {
    if (part === null) continue;
    if (!isMapping(part)) return undefined;
    for (const name of Object.keys(part)) {
      if (name.includes('{{')) return undefined;
      merged[name] = own(part, name) ?? null;
    }
  }
  return merged;
}
