/** The emulated releases of Harbor, oldest first. */
export const harborVersions = ['2.10', '2.12', '2.13', '2.14.0', '2.14.1', '2.16'] as const;

/** The name of an emulated release of Harbor. */
export type HarborVersion = (typeof harborVersions)[number];

/** The behaviours that differ between releases: docs/services/harbor.md. */
export interface HarborFeatures {
  /** The version as `/systeminfo` shows it. */
  readonly build: string;
  /** True if a duration of 0 or none is the server's default. Later releases reject 0, and keep the old one for none. */
  readonly zeroIsDefault: boolean;
  /** True if a robot can get rights to robots, and shows who created it. */
  readonly robotRights: boolean;
  /** True if the permissions of a system robot never cover those of a project robot (goharbor/harbor#21406). */
  readonly projectRobotsDenied: boolean;
  /** True if a creator's permissions on all projects cover those on one. */
  readonly wildcardCovers: boolean;
  /** True if `Level=system` lists the robots of all projects as well (goharbor/harbor#21118). */
  readonly systemListsAll: boolean;
  /** True if a list of project robots needs a positive project ID. */
  readonly positiveProjectId: boolean;
  /** True if IDs have 64 bits, and malformed queries and null permissions are a 400 instead of a 500. */
  readonly strictInput: boolean;
}

const builds: Readonly<Record<HarborVersion, string>> = {
  '2.10': 'v2.10.3-ce5f2a11',
  '2.12': 'v2.12.2-73072d0d',
  '2.13': 'v2.13.2-436918f8',
  '2.14.0': 'v2.14.0-9d1c5b20',
  '2.14.1': 'v2.14.1-5fdb2e6c',
  '2.16': 'v2.16.0-1b7a9e44',
};

/** Returns the behaviours of a release. */
export function harborFeatures(version: HarborVersion): HarborFeatures {
  const since = (first: HarborVersion): boolean =>
    harborVersions.indexOf(version) >= harborVersions.indexOf(first);
  return {
    build: builds[version],
    zeroIsDefault: !since('2.12'),
    robotRights: since('2.12'),
    projectRobotsDenied: since('2.12') && !since('2.14.1'),
    wildcardCovers: since('2.13'),
    systemListsAll: !since('2.13'),
    positiveProjectId: since('2.13'),
    strictInput: since('2.16'),
  };
}
