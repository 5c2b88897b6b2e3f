import { posix } from 'node:path';
import { includes, shortModule } from './keywords.ts';
import { isMapping, own, type Value } from './value.ts';
import type { Fields, YamlFile } from './yaml.ts';

/** The folders of a role. */
export type RoleFolder = 'tasks' | 'handlers' | 'defaults' | 'vars';

/** The files that are converted, as they include each other. */
export interface Library {
  readonly files: readonly YamlFile[];
  /** The files that no other one includes. */
  readonly roots: readonly YamlFile[];
  /** An include whose file is not certain: it may be any of the files. */
  readonly dynamic?: { readonly file: string; readonly line: number };
  /** Finds a file that another one names. */
  find(from: YamlFile, name: string): YamlFile | undefined;
  /** Finds a file of a role. */
  role(name: string, folder: RoleFolder, file?: string): YamlFile | undefined;
}

/** Creates a library: finds which files include others. */
export function createLibrary(files: readonly YamlFile[]): Library {
  const byPath = new Map(files.map((file) => [posix.normalize(file.file), file]));
  /** The only file whose path ends so. */
  const only = (suffix: string): YamlFile | undefined => {
    const found = [...byPath].filter(([path]) => path === suffix || path.endsWith(`/${suffix}`));
    return found.length === 1 ? found[0]?.[1] : undefined;
  };
  const find = (from: YamlFile, name: string): YamlFile | undefined => {
    const folder = posix.dirname(from.file);
    const near = ['.', 'tasks', '../tasks', 'vars', '../vars'].map((at) => posix.join(folder, at, name));
    for (const path of near) {
      const file = byPath.get(path);
      if (file) return file;
    }
    return only(posix.normalize(name).replace(/^(?:\.\.\/)+/, ''));
  };
  const role = (name: string, folder: RoleFolder, file = 'main'): YamlFile | undefined => {
    const base = posix.join(name.replace(/^(?:\.\.?\/)+/, ''), folder, file);
    return [base, `${base}.yml`, `${base}.yaml`].map(only).find((one) => one !== undefined);
  };

  const included = new Set<YamlFile>();
  let dynamic: Library['dynamic'];
  for (const file of files) {
    for (const mention of mentionsIn(file)) {
      if (mention.name === undefined) dynamic ??= { file: file.file, line: mention.line };
      else {
        const found = mention.isRole
          ? roleFolders.flatMap((folder) => {
              return role(mention.name ?? '', folder, folder === 'tasks' ? mention.from : undefined) ?? [];
            })
          : [find(file, mention.name) ?? []].flat();
        for (const one of found) included.add(one);
      }
    }
  }
  return {
    files,
    roots: files.filter((file) => !included.has(file)),
    ...(dynamic && { dynamic }),
    find,
    role,
  };
}

const roleFolders = ['tasks', 'handlers', 'defaults', 'vars'] as const;

interface Mention {
  /** `undefined` if it is a template, or written with options. */
  readonly name: string | undefined;
  readonly isRole: boolean;
  readonly from?: string;
  readonly line: number;
}

/** The files and roles that a file names, wherever in it. */
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

function mentionsOf(fields: Fields): readonly Mention[] {
  const found: Mention[] = [];
  for (const { name: key, value, place } of fields.values()) {
    const add = (name: Value | undefined, isRole: boolean, from?: Value): void => {
      const isKnown = typeof name === 'string' && !/\{\{|[=\s]/.test(name);
      found.push({
        name: isKnown ? name : undefined,
        isRole,
        ...(typeof from === 'string' && { from }),
        line: place.line,
      });
    };
    const module = shortModule(key);
    if (module === 'include_role' || module === 'import_role') {
      if (isMapping(value)) add(own(value, 'name') ?? own(value, 'role'), true, own(value, 'tasks_from'));
    } else if (includes.has(module) || module === 'import_playbook') {
      add(isMapping(value) ? own(value, 'file') : value, false);
    } else if (key === 'action' || key === 'local_action') {
      // Ansible's older spelling of any module, with its options as text.
      if (/\b(?:include|import)_/.test(JSON.stringify(value))) add(undefined, false);
    } else if (key === 'roles' && Array.isArray(value)) {
      for (const role of value as readonly Value[]) {
        add(isMapping(role) ? (own(role, 'role') ?? own(role, 'name')) : role, true);
      }
    } else if (module === 'include_vars' || key === 'vars_files') {
      for (const name of [value].flat() as readonly Value[]) {
        const path = isMapping(name) ? own(name, 'file') : name;
        // Files of variables have no tasks: which one it is doesn't matter here.
        if (typeof path === 'string' && !path.includes('{{')) add(path, false);
      }
    }
  }
  return found;
}
