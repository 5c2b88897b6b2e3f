import type { SourceLocation } from '../core/model/errors.ts';
import type { Call } from './calls.ts';
import { type Context, conditionOf } from './context.ts';
import { isRegistryModule } from './keywords.ts';
import { hasLoop } from './loops.ts';
import { addStop, type Run } from './run.ts';
import { lookupIn } from './scope.ts';
import { resolveTemplate } from './template.ts';
import { relativePlace } from './unconverted.ts';
import { isMapping, openMap, own, reference, unknown, type Value } from './value.ts';
import type { YamlFields } from './yaml.ts';

/** Follows a task of another module, as far as it changes variables or ends the play; returns its result if known. */
export function runOtherTask(
  run: Run,
  context: Context,
  fields: YamlFields,
  { module, options, place }: Call,
  flushHandlers: () => void,
): Value | undefined {
  if (module === 'set_fact') setFacts(run, options, `set_fact (${relativePlace(place, place)}) sets it`);
  else if (module === 'include_vars') includeVars(run, context, options, place);
  else if (module === 'meta') runMeta(run, context, options, place, flushHandlers);
  else if (isRegistryModule(module)) return registryResult(run, context, fields, options, place);
  return undefined;
}

function runMeta(
  run: Run,
  context: Context,
  options: Value,
  place: SourceLocation,
  flushHandlers: () => void,
): void {
  const action = typeof options === 'string' ? options.trim() : undefined;
  if (action === 'flush_handlers') flushHandlers();
  if (action === undefined || /^end_|\{\{/.test(action)) {
    const text = `meta: ${action ?? 'an unknown action'} (${relativePlace(place, place)})`;
    addStop(run, context, { text, isCertain: action?.startsWith('end_') === true, by: 'end' });
  }
}

function setFacts(run: Run, options: Value, why: string): void {
  const names = isMapping(options)
    ? Object.keys(options)
    : typeof options === 'string'
      ? [...options.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].map(([, name]) => name ?? '')
      : [];
  // A name may be a template.
  if (names.length === 0 || names.some((name) => !/^\w+$/.test(name))) run.changed ??= why;
  for (const name of names) run.facts.set(name, unknown(why));
}

/** Includes variables. Those of a given file are known; any other file may define all. */
function includeVars(run: Run, context: Context, options: Value, place: SourceLocation): void {
  const settings = isMapping(options) ? options : { file: options };
  const [name, file] = [own(settings, 'name'), own(settings, 'file')];
  const why = `include_vars (${relativePlace(place, place)}) sets it`;
  const found = typeof file === 'string' ? run.library.find(context, file.trim(), 'vars') : undefined;
  if (found) run.walked.add(found.file);
  if (typeof name === 'string' && !name.includes('{{')) {
    run.facts.set(name, unknown(why));
    return;
  }
  const variables = name === undefined ? found?.value(found.root) : undefined;
  if (!isMapping(variables)) {
    run.left.push({
      source: place,
      message:
        'include_vars: a file that is not among the files may set any variable; none is known from here on',
    });
    run.changed ??= why;
    return;
  }
  for (const [key, value] of Object.entries(variables)) {
    // A variable that is already set, or a task that may not run, leaves the value open.
    const isCertain = conditionOf(context) === undefined && !context.hosts && !run.facts.has(key);
    run.facts.set(key, isCertain ? value : unknown(why));
  }
}

/**
 * Returns the result of a task for a registry. Registries aren't managed here; the name also serves as the ID in
 * tasks for its tokens.
 */
function registryResult(
  run: Run,
  context: Context,
  fields: YamlFields,
  options: Value,
  place: SourceLocation,
): Value | undefined {
  const read = (option: string): Value | undefined => {
    const written = isMapping(options) ? own(options, option) : undefined;
    if (written === undefined) return undefined;
    const known = resolveTemplate(written, lookupIn(context.scope, run, run.used));
    return 'value' in known && !known.assumed ? known.value : null;
  };
  const [state, name] = [read('state') ?? 'present', read('name')];
  if (state !== 'present') {
    run.left.push({
      source: place,
      message: 'registry: reconcile does not manage registries; the task is not converted',
    });
    return undefined;
  }
  if (typeof name !== 'string' || conditionOf(context) || hasLoop(fields)) return undefined;
  return openMap({ registry: openMap({ id: reference('registry', name), properties: openMap({ name }) }) });
}
