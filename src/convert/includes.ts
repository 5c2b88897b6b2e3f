import type { Call } from './calls.ts';
import { type Context, conditional } from './context.ts';
import { hiddenText } from './reader.ts';
import { runRole, type Walkers } from './roles.ts';
import type { Run } from './run.ts';
import { lookupIn } from './scope.ts';
import { resolveTemplate } from './template.ts';
import { unread } from './unread.ts';
import { isMapping, own, type ValueMap } from './value.ts';

/** Follows the file or role that a task includes. */
export function runInclude(run: Run, context: Context, call: Call, walkers: Walkers): void {
  const { module, options, place } = call;
  const settings: ValueMap = isMapping(options) ? options : {};
  const isRole = module.endsWith('_role');
  const written = isRole
    ? (own(settings, 'name') ?? own(settings, 'role'))
    : isMapping(options)
      ? own(options, 'file')
      : options;
  const known = resolveTemplate(written ?? null, lookupIn(context.scope, run, new Set()));
  const inner =
    own(settings, 'apply') === undefined
      ? context
      : conditional(context, 'apply: convert does not evaluate its keywords');
  if (!('value' in known) || typeof known.value !== 'string' || known.assumed) {
    const unknownFile =
      'value' in known ? 'an unknown file' : hiddenText(known).replace(/ is not known here.*/s, '');
    unread(run, inner, { key: module, name: unknownFile, place });
    return;
  }
  const name = known.value.trim();
  if (isRole) {
    runRole(run, inner, { key: module, name, options: settings, vars: null, place }, walkers);
    return;
  }
  const file = run.library.find(context, name, 'tasks');
  if (file && !context.trail.includes(file.file)) walkers.tasks(inner, file);
  else unread(run, inner, { key: module, name, place });
}
