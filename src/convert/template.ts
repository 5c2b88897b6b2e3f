import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** What a text of a playbook comes to. */
export type Resolved =
  | { readonly value: Json }
  /** All of it is a variable of the environment. */
  | { readonly env: string }
  /** What of it can't be told here. */
  | { readonly hidden: string };

const expression = /\{\{\s*(.*?)\s*\}\}/gs;
const path = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\s*(?:'[^']*'|"[^"]*")\s*\])*$/;
const defaulted = /^(.*?)\s*\|\s*(?:default|d)\(\s*(?:'([^']*)'|"([^"]*)")\s*\)$/s;
const lookup =
  /^(?:lookup|query|q)\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*(?:'([A-Za-z_]\w*)'|"([A-Za-z_]\w*)")\s*\)$/;

/** How often a variable may be made of another. */
const deepest = 20;

/**
 * Puts variables into a value, as far as they are known: `{{ name }}`, `{{ item.name }}`, a default, and
 * `lookup('env', …)` where it stands alone. Everything else of Jinja stays hidden.
 */
export function resolve(value: Json, variables: JsonObject, depth = 0): Resolved {
  if (typeof value === 'string') return resolveText(value, variables, depth);
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => resolve(item, variables, depth));
    return all(items, (known) => known);
  }
  if (!isObject(value)) return { value };
  const keys = Object.keys(value);
  const items = keys.map((key) => resolve(value[key] ?? null, variables, depth));
  return all(items, (known) => Object.fromEntries(keys.map((key, index) => [key, known[index] ?? null])));
}

function all(items: readonly Resolved[], make: (known: readonly Json[]) => Json): Resolved {
  const known: Json[] = [];
  for (const item of items) {
    if ('env' in item) return { hidden: `lookup('env', '${item.env}')` };
    if ('hidden' in item) return item;
    known.push(item.value);
  }
  return { value: make(known) };
}

function resolveText(text: string, variables: JsonObject, depth: number): Resolved {
  if (/\{[%#]/.test(text)) return { hidden: text.trim() };
  const [first] = text.matchAll(expression);
  if (!first) return { value: text };
  if (first[0] === text.trim()) return evaluate(first[1] ?? '', variables, depth);
  let hidden: Resolved | undefined;
  const filled = text.replaceAll(expression, (whole, inner: string) => {
    const part = evaluate(inner, variables, depth);
    if ('value' in part && typeof part.value !== 'object') return String(part.value);
    hidden ??= 'hidden' in part ? part : { hidden: whole };
    return whole;
  });
  return hidden ?? { value: filled };
}

function evaluate(inner: string, variables: JsonObject, depth: number): Resolved {
  const [, single, double] = lookup.exec(inner) ?? [];
  const env = single ?? double;
  if (env !== undefined) return { env };
  const [whole, before = '', one, two] = defaulted.exec(inner) ?? [];
  if (whole !== undefined) {
    const known = evaluate(before, variables, depth);
    return 'hidden' in known && path.test(before) ? { value: one ?? two ?? '' } : known;
  }
  if (!path.test(inner) || depth > deepest) return { hidden: `{{ ${inner} }}` };
  const keys = [...inner.matchAll(/[A-Za-z_]\w*|'([^']*)'|"([^"]*)"/g)].map(
    ([word, single, double]) => single ?? double ?? word,
  );
  let found: Json | undefined = variables;
  for (const key of keys) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  if (found === undefined) return { hidden: `{{ ${inner} }}` };
  return resolve(found, variables, depth + 1);
}
