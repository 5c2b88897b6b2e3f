import { canonical } from './canonical.ts';
import {
  type Context,
  conditional,
  conditionOf,
  enter,
  enterPlaybook,
  rootContext,
  withImported,
} from './context.ts';
import { playKeys, playKeywords, tokenModule } from './keywords.ts';
import { exportedBy, type ListedRole, rolesIn, walkRole } from './roles.ts';
import { type Run, restart, takeStep } from './run.ts';
import { hide } from './scope.ts';
import { createHandlers, walkersOf, walkHandlers, walkItem, walkTasks } from './tasks.ts';
import { resolveTemplate } from './template.ts';
import { relativePlace } from './unconverted.ts';
import { unread } from './unread.ts';
import { isList, isMapping, own, unknown, type Value, type ValueMap } from './value.ts';
import type { YamlField, YamlFields, YamlFile } from './yaml.ts';

/** Follows a file that no other one includes: a playbook, or a list of tasks that is assumed to run. */
export function walkRoot(run: Run, yaml: YamlFile): void {
  restart(run);
  run.walked.add(yaml.file);
  const { root } = yaml;
  if (!root || yaml.value(root) === null) return;
  const items = yaml.items(root);
  if (!items) {
    const source = yaml.place(root);
    const isTask = [...(yaml.fields(root)?.keys() ?? [])].some((key) => tokenModule(key) !== undefined);
    const hint = isTask ? '; write the task as an item of a list, with a dash' : '';
    run.left.push({
      source,
      message: `expected a list of plays or tasks: nothing in it is converted${hint}`,
    });
    return;
  }
  walkPlays(run, rootContext(yaml));
}

function walkPlays(run: Run, context: Context): void {
  const { yaml } = context;
  const handlers = createHandlers();
  for (const item of yaml.items(yaml.root) ?? []) {
    const fields = yaml.fields(item);
    if (fields && playKeys.some((key) => fields.has(key))) walkPlay(run, context, fields);
    else walkItem(run, asTasks(run, context), item, handlers);
  }
}

/** Returns the context of a file of tasks. It is assumed to run, unless there are playbooks or includes that tell. */
function asTasks({ library }: Run, context: Context): Context {
  const { file } = context.yaml;
  if (/(?:^|[\\/])handlers[\\/][^\\/]+$/.test(file)) {
    return conditional(context, 'a file of handlers: Ansible runs them only if a task notifies them');
  }
  const { dynamic, hasPlaybooks } = library;
  if (dynamic) {
    return conditional(
      context,
      `${dynamic.file}:${dynamic.line} includes a file by a template, possibly this one`,
    );
  }
  return hasPlaybooks ? conditional(context, 'no playbook among the files includes this file') : context;
}

function walkPlay(run: Run, context: Context, fields: YamlFields): void {
  takeStep(run);
  const stranger = [...fields.keys()].find(
    (key) => !playKeywords.has(key) && !/^(?:when|(?:ansible\.builtin\.)?import_playbook)$/.test(key),
  );
  const imported = fields.get('import_playbook') ?? fields.get('ansible.builtin.import_playbook');
  const entered = imported ? enterPlaybook(context, fields) : withImported(enter(context, fields, 'base'));
  const play =
    stranger === undefined
      ? entered
      : conditional(entered, `${stranger}: not a keyword of a play, so Ansible rejects it`);
  if (imported) {
    importPlaybook(run, play, imported);
    return;
  }
  const listed = fields.get('roles');
  const roles = listed ? rolesIn('roles', listed.value, listed.place) : [];
  const scoped = withHosts(withPlayVariables(run, play, fields, roles ?? []), fields.get('hosts'));
  const handlers = createHandlers();
  run.roles = new Set();
  if (scoped.hosts !== undefined) forgetFacts(run, 'a play for other hosts may not see it');
  const handlersField = fields.get('handlers');
  if (handlersField) {
    handlers.add(() => walkHandlers(run, scoped, handlersField.node, handlersField.place, handlers));
  }
  const section = (name: string): void => {
    const list = fields.get(name);
    if (list) walkTasks(run, scoped, list.node, list.place, handlers);
  };
  if (fields.has('pre_tasks')) {
    section('pre_tasks');
    handlers.flush();
  }
  if (listed && !roles) {
    unread(run, scoped, { key: 'roles', name: 'an unknown list', place: listed.place });
  }
  for (const role of roles ?? []) walkRole(run, scoped, role, walkersOf(run, handlers));
  section('tasks');
  handlers.flush();
  if (fields.has('post_tasks')) {
    section('post_tasks');
    handlers.flush();
  }
  // The next play runs even if this one was ended.
  run.stops = run.stops.filter(({ by }) => by !== 'end');
  if (scoped.hosts !== undefined) forgetFacts(run, 'a play for other hosts may set it');
}

/** Forgets the values of variables that tasks have set: each host has its own. */
function forgetFacts(run: Run, why: string): void {
  for (const name of run.facts.keys()) run.facts.set(name, unknown(why));
}

function importPlaybook(run: Run, context: Context, { name: key, value, place }: YamlField): void {
  const name = typeof value === 'string' && !value.includes('{{') ? value : undefined;
  const file = name === undefined ? undefined : run.library.find(context, name, 'playbook');
  if (!file || context.trail.includes(file.file)) {
    unread(run, context, { key, name: name ?? 'an unknown name', place });
    return;
  }
  run.walked.add(file.file);
  walkPlays(run, { ...context, yaml: file, trail: [...context.trail, file.file] });
}

/** Adds the hosts of a play. Only this machine is certainly a host; an inventory may lack any other. */
function withHosts(context: Context, hosts: YamlField | undefined): Context {
  if (!hosts) return conditional(context, 'a play without hosts, which Ansible rejects');
  const names = [hosts.value].flat();
  // Other items may be patterns, which exclude hosts.
  const isPlain = names.every((name) => typeof name === 'string' && /^\w[\w.-]*$/.test(name));
  if (isPlain && names.some((name) => name === 'localhost' || name === '127.0.0.1')) return context;
  const text = names.map((name) => (typeof name === 'string' ? name : 'an unknown value')).join(', ');
  return {
    ...context,
    hosts: `hosts: ${text} (${relativePlace(hosts.place, hosts.place)}): the inventory may not have this host`,
  };
}

/**
 * Adds the variables of a play: role defaults, `vars`, `vars_prompt`, `vars_files`, variables of roles; the last
 * wins.
 */
function withPlayVariables(
  run: Run,
  context: Context,
  fields: YamlFields,
  roles: readonly ListedRole[],
): Context {
  const { scope } = context;
  const prompts = promptsIn(fields.get('vars_prompt'));
  const files = filesOf(run, context, fields.get('vars_files'));
  // A role that is listed twice has its variables once.
  const distinct = [
    ...new Map(roles.map((role) => [canonical([role.name ?? null, role.settings]), role])).values(),
  ];
  const exported = distinct.map((role) => exportedBy(run, context, role));
  const overridable =
    scope.overridable ?? files.overridable ?? exported.find((one) => one.overridable)?.overridable;
  const before = prompts === undefined ? hide(scope, 'base', 'vars_prompt: an unknown value') : scope;
  return {
    ...context,
    scope: {
      ...before,
      base: {
        ...combined(exported.map(({ defaults }) => defaults)),
        ...before.base,
        ...prompts,
        ...files.variables,
        ...combined(exported.map(({ vars }) => vars)),
      },
      ...(overridable && { overridable }),
    },
  };
}

function promptsIn(field: YamlField | undefined): ValueMap | undefined {
  if (!field) return {};
  if (!isList(field.value)) return undefined;
  const names = field.value.map((prompt) => (isMapping(prompt) ? own(prompt, 'name') : undefined));
  if (!names.every((name) => typeof name === 'string')) return undefined;
  const why = `vars_prompt (${relativePlace(field.place, field.place)}) asks for it`;
  return Object.fromEntries(names.map((name) => [name, unknown(why)]));
}

/** Returns the variables of `vars_files`, and why there may be others. */
function filesOf(
  run: Run,
  context: Context,
  field: YamlField | undefined,
): { readonly variables: ValueMap; readonly overridable?: { why: string; isReported: boolean } } {
  const variables: Record<string, Value> = {};
  let missing: string | undefined;
  for (const name of field ? [field.value].flat() : []) {
    const known = resolveTemplate(name, () => undefined);
    const file =
      'value' in known && typeof known.value === 'string'
        ? run.library.find(context, known.value, 'vars')
        : undefined;
    const values = file?.value(file.root);
    if (file && isMapping(values)) {
      run.walked.add(file.file);
      Object.assign(variables, values);
    } else missing ??= typeof name === 'string' ? name : 'a file';
  }
  if (!field || missing === undefined) return { variables };
  const why = `vars_files: ${missing} is not among the files and may override variables of the play`;
  run.left.push({ source: field.place, message: why });
  if (conditionOf(context)?.isNever) return { variables };
  return { variables, overridable: { why, isReported: true } };
}

/** Merges the variables of roles; those that several define are known only within each role. */
function combined(all: readonly ValueMap[]): ValueMap {
  const variables: Record<string, Value> = {};
  for (const one of all) {
    for (const [name, value] of Object.entries(one)) {
      variables[name] = Object.hasOwn(variables, name) ? unknown('several roles set it') : value;
    }
  }
  return variables;
}
