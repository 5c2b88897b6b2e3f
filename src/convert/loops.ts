import { hiddenText } from './reader.ts';
import { type Assumption, type Lookup, resolveOuter, resolveTemplate } from './template.ts';
import { isList, isMapping, isUnknown, own, type Value, type ValueMap } from './value.ts';
import type { YamlFields } from './yaml.ts';

/** A round of a loop. */
export interface Round {
  readonly item: Value;
  /** The variables that the loop sets. */
  readonly variables: ValueMap;
}

/** The rounds of a loop, with an assumption about its list. */
export interface Rounds {
  readonly loopIterations: readonly Round[];
  readonly assumed?: Assumption;
}

/** Tells whether a task has a loop. */
export function hasLoop(fields: YamlFields): boolean {
  return [...fields.keys()].some(isLoop);
}

/** Tells whether a key is that of a loop. */
export function isLoop(key: string): boolean {
  return key === 'loop' || key.startsWith('with_');
}

/** Returns the rounds of a task's loop, or why they aren't known. */
export function roundsOf(fields: YamlFields, lookup: Lookup): Rounds | string {
  const [loop, second] = [...fields.values()].filter(({ name }) => isLoop(name));
  if (!loop || second) return 'loop: a task can have only one loop';
  const control = fields.get('loop_control')?.value ?? {};
  if (!isMapping(control)) return 'loop_control: an unknown value';
  if (own(control, 'break_when') !== undefined) return 'loop_control: break_when may end the loop earlier';
  const [variable, index] = [own(control, 'loop_var') ?? 'item', own(control, 'index_var')];
  if (typeof variable !== 'string' || variable.includes('{{')) return 'loop_var: an unknown name';
  const items = itemsOf(loop.name, loop.value, lookup);
  if (typeof items === 'string') return `${loop.name}: ${items}`;
  const rounds = items.list.map((item, position) => ({
    item,
    variables: { [variable]: item, ...(typeof index === 'string' && { [index]: position }) },
  }));
  return { loopIterations: rounds, ...(items.assumed && { assumed: items.assumed }) };
}

interface Items {
  readonly list: readonly Value[];
  readonly assumed?: Assumption;
}

/** Returns the items unresolved: an unknown value in one of them doesn't matter for the others. */
function itemsOf(name: string, written: Value, lookup: Lookup): Items | string {
  if (!['loop', 'with_items', 'with_list'].includes(name)) return 'convert supports only a list';
  const items = behind(written, lookup);
  if (typeof items === 'string') return items;
  if (!isList(items.value)) return 'convert supports only a list';
  if (name !== 'with_items') return { ...items, list: items.value };
  // `with_items` flattens the lists of its list.
  const flat: Value[] = [];
  let { assumed } = items;
  for (const item of items.value) {
    const one = behind(item, lookup);
    if (typeof one === 'string') return one;
    assumed ??= one.assumed;
    flat.push(...(isList(one.value) ? one.value : [item]));
  }
  return { list: flat, ...(assumed && { assumed }) };
}

/** Returns a value, or the one behind a template. */
function behind(written: Value, lookup: Lookup): { value: Value; assumed?: Assumption } | string {
  if (typeof written !== 'string' && !isUnknown(written)) return { value: written };
  const known = isUnknown(written) ? resolveTemplate(written, lookup) : resolveOuter(written, lookup);
  return 'value' in known ? known : hiddenText(known);
}
