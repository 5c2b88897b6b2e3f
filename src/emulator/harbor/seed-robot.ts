import type { NthRequest } from '../nth-request.ts';
import { resolveInstant, type SeedInstant } from '../seed-instant.ts';
import type { NewRobot, PastRobot } from './new-robot.ts';
import type { Creator, HarborProject, RobotPermission } from './state.ts';
import type { WrittenPermission } from './validate.ts';

/** A robot of a seed. By default it never expires, and the default user created it. */
export interface SeedRobot {
  /** The short name. */
  readonly name: string;
  readonly id?: number;
  readonly description?: string;
  /** Never expires by default. */
  readonly duration?: number;
  readonly disabled?: boolean;
  /** A pull of all projects, or of the robot's own, by default. */
  readonly permissions?: readonly WrittenPermission[];
  readonly editable?: boolean;
  readonly secret?: string;
  readonly created?: SeedInstant;
  readonly creator?: Creator;
}

/** An action of another user, just before a request of ours arrives. Robots are deleted by their short name. */
export interface HarborIntervention {
  readonly before: NthRequest;
  /** The name of the project; absent for system robots. */
  readonly project?: string;
  readonly act: { readonly create: SeedRobot } | { readonly delete: string };
}

/**
 * Returns the properties of a seed's robot. Permissions for projects that don't exist are left out.
 *
 * @param named returns the project with a name
 */
export function newProperties(
  { name, description = '', duration = -1, permissions }: SeedRobot,
  project: HarborProject | undefined,
  named: (name: string) => HarborProject | undefined,
): NewRobot {
  const pull = [{ resource: 'repository', action: 'pull', effect: '' }];
  const written = permissions ?? [{ kind: 'project', namespace: project?.name ?? '*', access: pull }];
  return {
    name,
    project,
    description,
    duration,
    permissions: written.flatMap(({ kind, namespace, access }): readonly RobotPermission[] => {
      if (kind === 'system') return [{ target: 'system', access }];
      if (namespace === '*') return [{ target: 'all', access }];
      const id = named(namespace)?.id;
      return id === undefined ? [] : [{ target: id, access }];
    }),
  };
}

/** Returns the properties of a seed's robot that only a robot created before the start can have. */
export function past({ disabled, editable, secret, created }: SeedRobot, now: number): PastRobot {
  return {
    ...(disabled !== undefined && { disabled }),
    ...(editable !== undefined && { editable }),
    ...(secret !== undefined && { secret }),
    ...(created && { created: resolveInstant(created, now) }),
  };
}
