import { posix } from 'node:path';
import { includes, playKeys, shortModule } from './keywords.ts';
import { isMapping, own, type Value } from './value.ts';
import type { YamlFields, YamlFile } from './yaml.ts';

/** The folders of a role. */
export type RoleFolder = 'tasks' | 'handlers' | 'defaults' | 'vars' | 'meta';

/** The place of a name: the file that contains it, and those that include it. */
export interface Naming {
  readonly yaml: YamlFile;
  /** The files that include it, from the first, which Ansible was started with. */
  readonly trail: readonly string[];
}

/** The files that are converted, as they include each other. */
export interface Library {
  readonly files: readonly YamlFile[];
  /** The files that no other one includes. */
  readonly roots: readonly YamlFile[];
  /** True if any of the files is a playbook. */
  readonly hasPlaybooks: boolean;
  /** An include whose file is not certain: it may be any of the files. */
  readonly dynamic?: { readonly file: string; readonly line: number };
  /** Finds a file that another one names, in the folders in which Ansible looks for it. */
  find(from: Naming, name: string, type: 'tasks' | 'vars' | 'playbook'): YamlFile | undefined;
  /** Finds a file of a role, in the folders in which Ansible looks for it. */
  role(from: Naming, name: string, folder: RoleFolder, file?: string): YamlFile | undefined;
}

/** Creates a library: finds which files include others. */
export function createLibrary(files: readonly YamlFile[]): Library {
  const byPath = new Map(files.map((file) => [posix.normalize(file.file), file]));
  /** Every folder with a file in it, however deep. */
  const folders = new Set([...byPath.keys()].flatMap(foldersOf));
  const find: Library['find'] = (from, name, type) => {
    const path = pathsOf(from, name, type).find((one) => byPath.has(one));
    return path === undefined ? undefined : byPath.get(path);
  };
  const role: Library['role'] = (from, name, folder, file = 'main') => {
    const places = roleFoldersOf(from).map((at) => joined(at, name));
    const [place, other] = [...new Set(places)].filter((path) => folders.has(path));
    // Ansible's configuration may name other folders that are searched first.
    if (place === undefined || (other !== undefined && place !== places[0])) return undefined;
    const base = posix.join(place, folder, file);
    return [base, `${base}.yml`, `${base}.yaml`].map((path) => byPath.get(path)).find((one) => one);
  };

  const included = new Set<YamlFile>();
  const playbooks = files.filter(isPlaybook);
  let dynamic: Library['dynamic'];
  for (const file of files) {
    const starts = new Set([file, ...playbooks].map((start) => posix.dirname(start.file)));
    for (const mention of mentionsIn(file)) {
      const { name } = mention;
      if (name === undefined) {
        dynamic ??= { file: file.file, line: mention.line };
        continue;
      }
      for (const start of starts) {
        const from: Naming = { yaml: file, trail: [posix.join(start, 'playbook')] };
        const found = mention.isRole
          ? [
              ...roleFolders.map((folder) =>
                role(from, name, folder, folder === 'tasks' ? mention.from : undefined),
              ),
              role(from, name, 'meta', 'argument_specs'),
            ]
          : [find(from, name, mention.type)];
        for (const one of found) if (one) included.add(one);
      }
    }
  }
  return {
    files,
    roots: files.filter((file) => !included.has(file)),
    hasPlaybooks: playbooks.length > 0,
    ...(dynamic && { dynamic }),
    find,
    role,
  };
}

function isPlaybook(file: YamlFile): boolean {
  const items = file.items(file.root) ?? [];
  return items.some((item) => playKeys.some((key) => file.fields(item)?.has(key)));
}

function foldersOf(path: string): readonly string[] {
  const folder = posix.dirname(path);
  return folder === path || folder === '.' ? [folder] : [folder, ...foldersOf(folder)];
}

function joined(folder: string, name: string): string {
  return posix.isAbsolute(name) ? posix.normalize(name) : posix.join(folder, name);
}

/** Returns the folder of the role, or other folder, whose `tasks`, `handlers` or `meta` a file is in. */
function ownerOf(file: string): string | undefined {
  const folder = posix.dirname(file);
  const parts = folder.split('/');
  const at = parts.findLastIndex((part) => ['tasks', 'handlers', 'meta'].includes(part));
  if (at < 0) return undefined;
  return posix.normalize(parts.slice(0, at).join('/') || (posix.isAbsolute(folder) ? '/' : '.'));
}

/** Returns where Ansible looks for a file, in its order. */
function pathsOf(
  { yaml, trail }: Naming,
  name: string,
  type: 'tasks' | 'vars' | 'playbook',
): readonly string[] {
  const folder = posix.dirname(yaml.file);
  if (type === 'playbook') return [joined(folder, name)];
  const owner = ownerOf(yaml.file);
  const start = posix.dirname(trail[0] ?? yaml.file);
  const kind = type === 'vars' ? 'vars' : /(?:^|\/)handlers(?:\/|$)/.test(folder) ? 'handlers' : 'tasks';
  // A name without a folder refers to a file nearby, which may not be given.
  const isFar = name.includes('/');
  return [
    ...(owner === undefined ? [] : [posix.join(owner, kind)]),
    ...(owner !== undefined && (isFar || type === 'vars') ? [owner] : []),
    ...(type === 'vars' ? [posix.join(folder, 'vars')] : []),
    folder,
    ...(isFar ? [start] : []),
  ].map((at) => joined(at, name));
}

/** Returns the folders in which Ansible looks for roles; the first one wins over all others. */
function roleFoldersOf({ yaml, trail }: Naming): readonly string[] {
  const start = posix.dirname(trail[0] ?? yaml.file);
  const owner = ownerOf(yaml.file);
  return [
    ...[posix.join(start, 'roles'), start, posix.join(start, '../roles')],
    ...(owner === undefined ? [] : [posix.join(owner, '..')]),
  ];
}

const roleFolders = ['tasks', 'handlers', 'defaults', 'vars', 'meta'] as const;

interface Mention {
  /** `undefined` if it is a template, or written with options. */
  readonly name: string | undefined;
  readonly isRole: boolean;
  readonly type: 'tasks' | 'vars' | 'playbook';
  readonly from?: string;
  readonly line: number;
}

/** Returns the files and roles that a file names anywhere. */
function mentionsIn(file: YamlFile): readonly Mention[] {
  const found: Mention[] = [];
  const seen = new Set<unknown>();
  const look = (node: YamlFile['root']): void => {
    if (!node || seen.has(node)) return;
    seen.add(node);
    for (const item of file.items(node) ?? []) look(item);
    const fields = file.fields(node);
    if (!fields) return;
    found.push(...mentionsOf(fields));
    for (const field of fields.values()) look(field.node);
  };
  look(file.root);
  return found;
}

function mentionsOf(fields: YamlFields): readonly Mention[] {
  const found: Mention[] = [];
  for (const { name: key, value, place } of fields.values()) {
    const add = (
      name: Value | undefined,
      isRole: boolean,
      from?: Value,
      type: Mention['type'] = 'tasks',
    ): void => {
      const isKnown = typeof name === 'string' && !/\{\{|[=\s]/.test(name);
      found.push({
        name: isKnown ? name : undefined,
        isRole,
        type,
        ...(typeof from === 'string' && { from }),
        line: place.line,
      });
    };
    const module = shortModule(key);
    if (module === 'include_role' || module === 'import_role') {
      if (isMapping(value)) add(own(value, 'name') ?? own(value, 'role'), true, own(value, 'tasks_from'));
    } else if (includes.has(module) || module === 'import_playbook') {
      const type = module === 'import_playbook' ? 'playbook' : 'tasks';
      add(isMapping(value) ? own(value, 'file') : value, false, undefined, type);
    } else if (key === 'action' || key === 'local_action') {
      // Ansible's older spelling of any module, with its options as text.
      if (/\b(?:include|import)_/.test(JSON.stringify(value))) add(undefined, false);
    } else if ((key === 'roles' || key === 'dependencies') && Array.isArray(value)) {
      for (const role of value as readonly Value[]) {
        add(isMapping(role) ? (own(role, 'role') ?? own(role, 'name')) : role, true);
      }
    } else if (module === 'include_vars' || key === 'vars_files') {
      for (const name of [value].flat() as readonly Value[]) {
        const path = isMapping(name) ? own(name, 'file') : name;
        // Files of variables have no tasks: which of them it is doesn't matter here.
        if (typeof path === 'string' && !path.includes('{{')) add(path, false, undefined, 'vars');
      }
    }
  }
  return found;
}
