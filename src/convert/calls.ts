import type { SourceLocation } from '../core/model/errors.ts';
import { harmless, isRegistryModule, isTaskKeyword, shortModule } from './keywords.ts';
import { isMapping, own, type Value } from './value.ts';
import type { YamlField, YamlFields } from './yaml.ts';

/** A module that a task calls, with its options. */
export interface Call {
  readonly module: string;
  /** Its options; a text if they are written as one. */
  readonly options: Value;
  readonly place: SourceLocation;
}

/** Returns the modules that a task calls: Ansible rejects any number but one. */
export function callsIn(fields: YamlFields): readonly Call[] {
  return [...fields.values()].flatMap((field) => {
    if (field.name === 'action' || field.name === 'local_action') return [actionOf(field)];
    if (isTaskKeyword(field.name)) return [];
    return [{ module: shortModule(field.name), options: field.value, place: field.place }];
  });
}

/** Returns the module in the text or mapping of `action`, the older spelling of a task. Options in it aren't read. */
function actionOf({ value, place }: YamlField): Call {
  const called = isMapping(value) ? own(value, 'module') : value;
  const [module = '', ...rest] = typeof called === 'string' ? called.trim().split(/\s+/) : [];
  const options = isMapping(value) ? 'a mapping' : rest.join(' ');
  return { module: shortModule(module), options, place };
}

/** Tells whether a task may keep later ones from running. */
export function mayFail(fields: YamlFields, { module, options }: Call, isToken: boolean): boolean {
  if (fields.get('failed_when')?.value === false) return false;
  if (fields.has('failed_when') || fields.has('until')) return true;
  if (/\b(?:mandatory\b|undef\()/.test(JSON.stringify(options))) return true;
  if (module === 'pause') {
    return !isMapping(options) || Object.keys(options).some((key) => key !== 'minutes' && key !== 'seconds');
  }
  return !isToken && !harmless.has(module) && !isRegistryModule(module) && module !== 'meta';
}
