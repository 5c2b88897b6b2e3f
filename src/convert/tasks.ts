import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml';
import type { Source } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { isObject } from '../core/json.ts';
import { resolve } from './template.ts';

/** A task that calls a module of ours, once; a loop makes several of it. */
export interface Task {
  readonly module: string;
  readonly args: JsonObject;
  /** What variables are known where it stands. */
  readonly variables: JsonObject;
  /** The name of the variable that takes its result. */
  readonly register?: string;
  /** Under which condition it runs, as written. */
  readonly when?: string;
  readonly source: Source;
}

/** Something that can't be converted, and why. */
export interface Left {
  readonly source: Source;
  readonly message: string;
}

/** What a file holds for us. */
export interface Found {
  readonly tasks: readonly Task[];
  readonly left: readonly Left[];
}

/** Modules of ours, by the names that they are called by. */
const modules =
  /^(?:ionoscloudsdk\.ionoscloud\.registry_token|registry_token|(?:community\.missing_collection\.)?docker_hub(?:_personal)?_token)$/;

const lists = ['tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'rescue', 'always'];
const includes =
  /^(?:ansible\.builtin\.)?(?:include|include_tasks|import_tasks|import_playbook|include_role|import_role)$/;

/** Finds the tasks of ours in plays, task files and blocks. */
export function findTasks(file: string, text: string): Found {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    logLevel: 'error',
    uniqueKeys: false,
  });
  const tasks: Task[] = [];
  const left: Left[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const sourceOf = (offset: number): Source => {
      const { line, col } = lines.linePos(offset);
      return { file, line, column: col };
    };
    for (const error of document.errors)
      left.push({ source: sourceOf(error.pos[0]), message: `it is no YAML: ${error.message}` });
    if (document.errors.length > 0) continue;
    walk(document.contents, {}, { document, sourceOf, tasks, left });
  }
  return { tasks, left };
}

interface Walk {
  readonly document: Document;
  readonly sourceOf: (offset: number) => Source;
  readonly tasks: Task[];
  readonly left: Left[];
}

function walk(node: unknown, variables: JsonObject, way: Walk): void {
  if (isSeq(node)) {
    for (const item of node.items) walk(item, variables, way);
  } else if (isMap(node)) walkMap(node, variables, way);
}

function walkMap(map: YAMLMap, outer: JsonObject, way: Walk): void {
  const { left } = way;
  const source = way.sourceOf(map.range?.[0] ?? 0);
  const own = valueAt(map, 'vars', way);
  const variables = isObject(own) ? { ...outer, ...own } : outer;
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (lists.includes(key)) walk(pair.value, variables, way);
    if (key === 'roles' || includes.test(key)) {
      left.push({
        source: placeOf(pair, way),
        message: `${key}: what is in other files is converted with them only`,
      });
    }
    if (key === 'module_defaults' || key === 'vars_files') {
      left.push({ source: placeOf(pair, way), message: `${key}: what it says is not known here` });
    }
    if (key === 'action' || key === 'local_action') {
      if (/registry_token|docker_hub/.test(JSON.stringify(valueIn(pair, way)))) {
        left.push({ source: placeOf(pair, way), message: `${key}: write the module as the key of the task` });
      }
    }
    if (!modules.test(key)) continue;
    const args = valueIn(pair, way);
    const more = valueAt(map, 'args', way);
    if (!isObject(args) && args !== null) {
      left.push({
        source: placeOf(pair, way),
        message: `${key}: write its options as a mapping, not as text`,
      });
      continue;
    }
    const register = valueAt(map, 'register', way);
    const when = valueAt(map, 'when', way);
    const task = {
      module: key,
      args: { ...(isObject(args) ? args : {}), ...(isObject(more) ? more : {}) },
      ...(typeof register === 'string' && { register }),
      ...(when !== undefined && when !== true && { when: [when].flat().join(' and ') }),
      source,
    };
    for (const round of rounds(map, variables, way)) way.tasks.push({ ...task, variables: round });
  }
}

/** The variables of each round of a loop; those that are there where there is none. */
function rounds(map: YAMLMap, variables: JsonObject, way: Walk): readonly JsonObject[] {
  const loops = map.items.filter((pair) => keyOf(pair) === 'loop' || keyOf(pair).startsWith('with_'));
  const [loop] = loops;
  if (!loop) return [variables];
  const written = valueIn(loop, way);
  const known = resolve(written, variables);
  const control = valueAt(map, 'loop_control', way);
  const name = isObject(control) && typeof control['loop_var'] === 'string' ? control['loop_var'] : 'item';
  const isPlain = ['loop', 'with_items', 'with_list'].includes(keyOf(loop));
  if (isPlain && 'value' in known && Array.isArray(known.value)) {
    const items = known.value as readonly Json[];
    // with_items takes the lists of its list apart.
    const flat = keyOf(loop) === 'with_items' ? items.flat() : items;
    return flat.map((item) => ({ ...variables, [name]: item }));
  }
  way.left.push({
    source: placeOf(loop, way),
    message: `${keyOf(loop)}: ${'hidden' in known ? `${known.hidden} is not known here` : 'only a list that stands here can be followed'}; the task is not converted`,
  });
  return [];
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : '';
}

function placeOf({ key }: Pair, { sourceOf }: Walk): Source {
  return sourceOf((isScalar(key) && key.range?.[0]) || 0);
}

function valueAt(map: YAMLMap, name: string, way: Walk): Json | undefined {
  const pair = map.items.find((one) => keyOf(one) === name);
  return pair && valueIn(pair, way);
}

/** A value as JSON; what is encrypted in the file stays a variable that nobody knows. */
function valueIn({ value }: Pair, { document }: Walk): Json {
  const node = isAlias(value) ? value.resolve(document) : value;
  if (isScalar(node) && node.tag === '!vault') return '{{ !vault }}';
  if (isScalar(node)) return scalar(node.value);
  if (isSeq(node)) return node.items.map((item) => valueIn({ value: item } as Pair, { document } as Walk));
  if (!isMap(node)) return null;
  return Object.fromEntries(node.items.map((pair) => [keyOf(pair), valueIn(pair, { document } as Walk)]));
}

function scalar(value: unknown): Json {
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
