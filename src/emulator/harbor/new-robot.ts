import { expiryAfterDays } from './expiry.ts';
import type { HarborQuirks } from './quirks.ts';
import { newRobotSecret } from './secret.ts';
import {
  type Creator,
  type HarborProject,
  noProject,
  type Robot,
  type RobotPermission,
  storedName,
} from './state.ts';

/** The properties that the create of a robot chooses; `duration` in days, -1 for never. */
export interface NewRobot {
  /** The short name. */
  readonly name: string;
  /** Absent for a system robot. */
  readonly project?: HarborProject | undefined;
  readonly description: string;
  readonly duration: number;
  readonly permissions: readonly RobotPermission[];
}

/** Properties that a create can't choose; a seed can, for a robot that was created before the start. */
export interface PastRobot {
  readonly created?: number;
  readonly disabled?: boolean;
  readonly editable?: boolean;
  readonly secret?: string;
}

/** Creates a robot. It is enabled, created now and has a new secret, unless its past properties say otherwise. */
export function newRobot(
  id: number,
  { name, project, ...robot }: NewRobot,
  creator: Creator,
  { daylightSaving }: Pick<HarborQuirks, 'daylightSaving'>,
  now: number,
  { created = now, disabled = false, editable = true, secret = newRobotSecret() }: PastRobot = {},
): Robot {
  return {
    ...robot,
    id: String(id),
    name: storedName(name, project),
    projectId: project?.id ?? noProject,
    expiresAt: expiryAfterDays(created, robot.duration, daylightSaving),
    disabled,
    editable,
    creator,
    created,
    updated: created,
    secret,
  };
}
