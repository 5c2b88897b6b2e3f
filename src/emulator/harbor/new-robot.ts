import { expiryOf } from './expiry.ts';
import type { HarborQuirks } from './quirks.ts';
import { newSecret } from './secret.ts';
import { type Creator, noProject, type Permission, type Project, type Robot, storedName } from './state.ts';

/** The properties of a new robot. */
export interface NewRobot {
  /** The short name. */
  readonly name: string;
  /** Absent for a system robot. */
  readonly project?: Project | undefined;
  readonly description: string;
  readonly duration: number;
  readonly permissions: readonly Permission[];
}

/** Properties that only a robot of the past can have. */
export interface PastRobot {
  readonly created?: number;
  readonly disabled?: boolean;
  readonly editable?: boolean;
  readonly secret?: string;
}

/** Creates a robot, now unless it is of the past. */
export function newRobot(
  id: number,
  { name, project, ...robot }: NewRobot,
  creator: Creator,
  { daylightSaving }: Pick<HarborQuirks, 'daylightSaving'>,
  now: number,
  { created = now, disabled = false, editable = true, secret = newSecret() }: PastRobot = {},
): Robot {
  return {
    ...robot,
    id: String(id),
    name: storedName(name, project),
    projectId: project?.id ?? noProject,
    expiresAt: expiryOf(created, robot.duration, daylightSaving),
    disabled,
    editable,
    creator,
    created,
    updated: created,
    secret,
  };
}
