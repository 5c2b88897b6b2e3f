import { isoTime } from '../iso-time.ts';
import type { HarborQuirks } from './quirks.ts';
import {
  type Access,
  fullName,
  type HarborState,
  noProject,
  type PermissionTarget,
  type Robot,
} from './state.ts';
import type { HarborFeatures } from './versions.ts';

/**
 * Returns a function that shows a robot as reads do: docs/services/harbor.md, Objects. The order of permissions
 * changes with each read, as at Harbor.
 */
export function createRobotView(
  state: HarborState,
  { effect }: Pick<HarborQuirks, 'effect'>,
  { robotRights }: HarborFeatures,
): (robot: Robot) => Readonly<Record<string, unknown>> {
  // The order is that of a hash map, so two reads of a robot never have the same one if several are possible.
  const reads = new Map<string, number>();

  const showAccess = ({ resource, action, ...access }: Access): Readonly<Record<string, string>> => {
    const shown = { as_sent: access.effect, empty: '', allow: 'allow' }[effect];
    return { resource, action, ...((shown !== '' || effect === 'empty') && { effect: shown }) };
  };

  return (robot) => {
    const count = (reads.get(robot.id) ?? 0) + 1;
    reads.set(robot.id, count);
    const rotated = <Item>(items: readonly Item[]): readonly Item[] => {
      const first = count % Math.max(1, items.length);
      return [...items.slice(first), ...items.slice(0, first)];
    };
    return {
      id: Number(robot.id),
      name: fullName(robot, state),
      ...(robot.description !== '' && { description: robot.description }),
      level: robot.projectId === noProject ? 'system' : 'project',
      duration: robot.duration,
      disable: robot.disabled,
      editable: robot.editable,
      expires_at: robot.expiresAt,
      creation_time: isoTime(robot.created),
      update_time: isoTime(robot.updated),
      permissions: rotated(
        robot.permissions.flatMap(({ target, access }) => {
          const namespace = namespaceOf(target, state);
          // A deleted project takes its permissions with it.
          if (namespace === undefined) return [];
          const kind = target === 'system' ? 'system' : 'project';
          return [{ kind, namespace, access: rotated(access).map(showAccess) }];
        }),
      ),
      ...(robotRights && { creator_type: robot.creator.type, creator_ref: robot.creator.id }),
    };
  };
}

function namespaceOf(target: PermissionTarget, { projects }: HarborState): string | undefined {
  if (target === 'system') return '/';
  return target === 'all' ? '*' : projects.get(target)?.name;
}
