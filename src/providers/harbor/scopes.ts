import type { Scope } from '../../core/model/token.ts';
import type { Project } from './decode.ts';

/** The scope of the robots that belong to no project. */
export const system: Scope = { id: 'system', name: 'system', level: 'level' };
/** The beginning of a project's scope as manifests name it. */
export const projectPrefix = 'project/';
const projectIdPrefix = 'projects/';

/** The scope of the robots of a project. */
export interface ProjectScope extends Scope {
  readonly isPublic: boolean;
}

/** Returns the scope of a project. */
export function projectScope({ id, name, isPublic }: Project): ProjectScope {
  return { id: `${projectIdPrefix}${id}`, name: `${projectPrefix}${name}`, level: 'project', isPublic };
}

/** Returns the name of a project's scope. */
export function projectOf({ name }: Scope): string {
  return name.slice(projectPrefix.length);
}

/** Returns the query of a scope's robots. Without one, those of the system are listed: docs/services/harbor.md, Lists. */
export function queryOf({ id }: Scope): { readonly q?: string } {
  return id === system.id ? {} : { q: `Level=project,ProjectID=${id.slice(projectIdPrefix.length)}` };
}
