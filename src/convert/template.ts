import { pythonText } from './scalar.ts';
import {
  isList,
  isMapping,
  isOpen,
  isUnknown,
  own,
  unknownReason,
  type Value,
  type ValueMap,
} from './value.ts';

/** An assumption behind a value. */
export interface Assumption {
  readonly why: string;
  /** True if it is reported already at its origin. */
  readonly isReported: boolean;
}

/** A variable as it is known at some place. */
export interface Variable {
  readonly value: Value;
  readonly assumed?: Assumption;
}

/** Finds a variable; `undefined` if the files define none of this name. */
export type Lookup = (name: string) => Variable | undefined;

/** The resolved value of a text of a playbook. */
export type Resolved =
  | { readonly value: Value; readonly assumed?: Assumption }
  /** Its default is `omit`, as if it wasn't stated. */
  | { readonly omitted: true; readonly assumed?: Assumption }
  /** The whole text is a variable of the environment. */
  | { readonly env: string }
  /** The part that is not known here, and the reason if there is more to say. */
  | { readonly hidden: string; readonly why?: string };

const expression = /\{\{\s*(.*?)\s*\}\}/gs;
const path = /^[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*|\s*\[\s*(?:'[^'\\]*'|"[^"\\]*"|\d+)\s*\])*$/;
const step = /\.\s*([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]/g;
const defaulted =
  /^(.*?)\s*\|\s*(?:default|d)\(\s*(?:'([^'\\]*)'|"([^"\\]*)"|(-?\d{1,15}|[Tt]rue|[Ff]alse|omit))\s*\)$/s;
const lookupEnv =
  /^(?:lookup|query|q)\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*(?:'([A-Za-z_]\w*)'|"([A-Za-z_]\w*)")\s*\)$/;

/** Variables that Ansible itself defines. */
const magic =
  /^(?:ansible_\w+|inventory_\w+|role_\w+|playbook_dir|vars|hostvars|groups|group_names|environment|omit|play_hosts|lookup|query|q|undef|true|false|none|True|False|None)$/;

/** Methods of a Python dictionary: `map.keys` is one, and not the value of that key. */
const methods = new Set([
  ...[
    'clear',
    'copy',
    'fromkeys',
    'get',
    'items',
    'keys',
    'pop',
    'popitem',
    'setdefault',
    'update',
    'values',
  ],
]);

/** Maximum depth of variables that refer to others. */
const maxDepth = 20;

/** Maximum number of values that a template may expand to. */
const maxValues = 100_000;

/** Maximum length of a text that a template may expand to, in characters. */
const maxLength = 256 * 1024;

/**
 * Puts variables into a value, as far as they are known: `{{ name }}`, `{{ item.name }}`, a default, and
 * `lookup('env', …)` if it stands alone. Everything else of Jinja stays hidden.
 */
export function resolveTemplate(value: Value, lookup: Lookup): Resolved {
  let left = maxValues;
  const take = (): boolean => {
    left -= 1;
    return left >= 0;
  };
  return resolveValue(value, { lookup, take, depth: 0 });
}

/** Resolves a template to a list or mapping whose members stay unresolved. */
export function resolveOuter(text: string, lookup: Lookup): Resolved {
  const [whole, inner = ''] = /^\{\{\s*(.*?)\s*\}\}$/s.exec(text) ?? [];
  if (whole === undefined || !path.test(inner)) return resolveTemplate(text, lookup);
  const known = follow(inner, { lookup, take: () => true, depth: 0 }, true);
  return 'missing' in known ? { hidden: whole } : known;
}

interface Reading {
  readonly lookup: Lookup;
  /** Counts a value; false if there are too many. */
  readonly take: () => boolean;
  readonly depth: number;
}

function resolveValue(value: Value, reading: Reading): Resolved {
  if (!reading.take()) return { hidden: 'a value that expands to too many items' };
  if (typeof value === 'string') return resolveText(value, reading);
  if (isUnknown(value)) return { hidden: unknownReason(value) };
  if (isList(value)) {
    return all(
      value.map((item) => resolveValue(item, reading)),
      (known) => known,
    );
  }
  if (!isMapping(value) || isOpen(value)) return { value };
  const keys = Object.keys(value);
  return all(
    keys.map((key) => resolveValue(value[key] ?? null, reading)),
    (known) => Object.fromEntries(keys.map((key, index) => [key, known[index] ?? null])),
  );
}

function all(items: readonly Resolved[], make: (known: readonly Value[]) => Value): Resolved {
  const known: Value[] = [];
  let assumed: Assumption | undefined;
  for (const item of items) {
    if ('env' in item) return { hidden: `lookup('env', '${item.env}')` };
    if ('hidden' in item) return item;
    if ('omitted' in item) return { hidden: 'omit' };
    assumed = stronger(assumed, item.assumed);
    known.push(item.value);
  }
  return { value: make(known), ...(assumed && { assumed }) };
}

/** Returns the stronger of two assumptions: one that is still to be reported. */
function stronger(a: Assumption | undefined, b: Assumption | undefined): Assumption | undefined {
  return a && (!a.isReported || !b) ? a : b;
}

function resolveText(text: string, reading: Reading): Resolved {
  if (/\{[%#]/.test(text)) return { hidden: text.trim() };
  if (!text.includes('{{')) return { value: text };
  const [first] = text.matchAll(expression);
  if (!first) return { hidden: text.trim() };
  if (first[0] === text) return evaluate(first[1] ?? '', reading);
  let hidden: Resolved | undefined;
  let assumed: Assumption | undefined;
  let length = text.length;
  const filled = text.replaceAll(expression, (whole, inner: string) => {
    if (hidden) return whole;
    const part = evaluate(inner, reading);
    const written = 'value' in part ? pythonText(part.value) : undefined;
    if (written === undefined) hidden ??= 'hidden' in part ? part : { hidden: whole };
    else length += written.length;
    if (length > maxLength) hidden ??= { hidden: 'a value that expands to too many items' };
    if (written !== undefined && 'assumed' in part) assumed = stronger(assumed, part.assumed);
    return written ?? whole;
  });
  return hidden ?? { value: filled, ...(assumed && { assumed }) };
}

function evaluate(inner: string, reading: Reading): Resolved {
  const [, single, double] = lookupEnv.exec(inner) ?? [];
  const env = single ?? double;
  if (env !== undefined) return { env };
  const [whole, before = '', one, two, word] = defaulted.exec(inner) ?? [];
  if (whole !== undefined) {
    const preferred = path.test(before) ? follow(before, reading) : evaluate(before, reading);
    if (!('missing' in preferred)) return preferred;
    const assumed = preferred.assumed && { assumed: preferred.assumed };
    return word === 'omit'
      ? { omitted: true, ...assumed }
      : { value: one ?? two ?? literal(word ?? ''), ...assumed };
  }
  const hidden = `{{ ${inner} }}`;
  if (!path.test(inner)) return { hidden };
  const known = follow(inner, reading);
  return 'missing' in known ? { hidden } : known;
}

function literal(word: string): Value {
  return /^-?\d+$/.test(word) ? Number(word) : word.toLowerCase() === 'true';
}

/** An undefined value; certainly undefined, unless there is an assumption. */
interface Missing {
  readonly missing: true;
  readonly assumed?: Assumption;
}

/**
 * Follows a path from a variable to a value.
 *
 * @param isOuter whether members of the value stay unresolved
 */
function follow(text: string, reading: Reading, isOuter = false): Resolved | Missing {
  const hidden = `{{ ${text} }}`;
  const name = /^\w+/.exec(text)?.[0] ?? '';
  if (reading.depth > maxDepth) return { hidden };
  const variable = reading.lookup(name);
  if (!variable) {
    if (magic.test(name)) return { hidden };
    return {
      missing: true,
      assumed: { why: `${name} is not defined in these files`, isReported: false },
    };
  }
  const deeper = { ...reading, depth: reading.depth + 1 };
  let assumed = variable.assumed;
  let current: Value = variable.value;
  for (const [, dotted, single, double, index] of text.matchAll(step)) {
    const container = resolveShallow(current, deeper);
    if (!('value' in container)) return because(container, hidden);
    assumed = stronger(assumed, container.assumed);
    const member = memberOf(container.value, dotted, single ?? double ?? index ?? '', index !== undefined);
    if (member === 'hidden') return { hidden };
    if (member === undefined) return { missing: true, ...(assumed && { assumed }) };
    current = member.value;
  }
  const known = isOuter ? resolveShallow(current, deeper) : resolveValue(current, deeper);
  if ('env' in known) return known;
  if ('hidden' in known) return because(known, hidden);
  const both = stronger(assumed, known.assumed);
  return { ...known, ...(both && { assumed: both }) };
}

/** Resolves one step of a path; members may stay hidden. */
function resolveShallow(value: Value, reading: Reading): Resolved {
  return typeof value === 'string' || isUnknown(value) ? resolveValue(value, reading) : { value };
}

function because(known: Resolved, hidden: string): Resolved {
  const why = 'hidden' in known ? (known.why ?? known.hidden) : undefined;
  return { hidden, ...(why !== undefined && why !== hidden && { why }) };
}

function memberOf(
  value: Value,
  dotted: string | undefined,
  key: string,
  isIndex: boolean,
): { readonly value: Value } | 'hidden' | undefined {
  if (isList(value) && isIndex) {
    const item = value[Number(key)];
    return item === undefined ? undefined : { value: item };
  }
  if (!isMapping(value) || isIndex || (dotted !== undefined && methods.has(dotted))) return 'hidden';
  const member = own(value as ValueMap, dotted ?? key);
  if (member !== undefined) return { value: member };
  return isOpen(value) ? 'hidden' : undefined;
}
