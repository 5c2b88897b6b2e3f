import type { Scope } from '../../core/model/token.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { read } from './read.ts';

/** The level of a scope: a project or a group. */
export type NamespaceLevel = 'project' | 'group';

/** The names of the collections of projects and groups in the API's paths. */
export const collections: Readonly<Record<NamespaceLevel, 'projects' | 'groups'>> = {
  project: 'projects',
  group: 'groups',
};

/** Decodes a project or a group to the scope of its tokens. Throws if it has no number or full path. */
export function decodeScope(body: Json | undefined, level: NamespaceLevel): Scope {
  const namespace: JsonObject = isObject(body) ? body : {};
  const { id } = namespace;
  const path = namespace[level === 'project' ? 'path_with_namespace' : 'full_path'];
  if (!Number.isSafeInteger(id) || typeof path !== 'string') throw read.unexpectedShape(`a ${level}`);
  return { id: `${collections[level]}/${id}`, name: `${level}:${path}`, level };
}

/** A reference to a project or a group, as manifests and addresses write it. */
export interface ScopeRef {
  /** The level, if the reference names it. */
  readonly level?: NamespaceLevel;
  /** A full path or a number. */
  readonly path: string;
}

/** Parses a scope as written, its ID, or the bare path of an address. */
export function parseRef(ref: string): ScopeRef {
  const [, prefix, path = ''] = /^(project:|group:|projects\/(?=\d+$)|groups\/(?=\d+$))(.*)$/.exec(ref) ?? [];
  if (prefix === undefined) return { path: ref };
  return { level: prefix.startsWith('project') ? 'project' : 'group', path };
}

/** The container registry of a project: docs/services/gitlab.md, Logins. */
export interface ProjectRegistry {
  /** The host of logins as the service writes it; empty if the installation has no registry. */
  readonly host: string;
  readonly isEnabled: boolean;
}

/** Decodes the container registry in a project: docs/services/gitlab.md, Logins. */
export function decodeProjectRegistry(body: Json | undefined): ProjectRegistry {
  const project: JsonObject = isObject(body) ? body : {};
  const prefix = read.text(project['container_registry_image_prefix'], 'an image prefix') ?? '';
  return {
    host: prefix.split('/')[0] ?? '',
    isEnabled: prefix !== '' && project['container_registry_access_level'] !== 'disabled',
  };
}

/**
 * Returns the number of a project in the address that a moved one redirects to; `undefined` if that leads to another server,
 * or isn't the address of a project.
 *
 * @param endpoint the API's address
 */
export function movedTo(location: string | null, endpoint: string): string | undefined {
  if (location === null || !URL.canParse(location, endpoint)) return undefined;
  const { origin, pathname } = new URL(location, endpoint);
  const base = new URL(endpoint);
  const path = `${base.pathname}/projects/`;
  if (origin !== base.origin || !pathname.startsWith(path)) return undefined;
  return /^\d+(?=\/|$)/.exec(pathname.slice(path.length))?.[0];
}
