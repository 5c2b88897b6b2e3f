import { parseQuirks, type Readers, readAct, type SeedQuirks, timingReaders } from '../seed-quirks.ts';
import {
  enumReader,
  readBoolean,
  readInteger,
  readMapping,
  readObject,
  readPositive,
  readString,
} from '../seed-values.ts';
import type { HarborQuirks } from './quirks.ts';
import { parseRobot } from './seed-parse.ts';
import type { HarborIntervention } from './seed-robot.ts';
import { harborVersions } from './versions.ts';

/** The reader of each quirk. */
const readers: Readers<HarborQuirks> = {
  ...timingReaders,
  version: enumReader(...harborVersions),
  prefix: readString,
  defaultDuration: readPositive,
  effect: enumReader('as_sent', 'empty', 'allow'),
  movingTotals: readInteger,
  daylightSaving: readBoolean,
  errors: enumReader('harbor', 'proxy'),
};

/** Reads the quirks of Harbor, its faulty requests, and the interventions of others. */
export function parseHarborQuirks(
  value: unknown,
  path: string,
): SeedQuirks<HarborQuirks, HarborIntervention> {
  return parseQuirks(value, path, readers, parseIntervention);
}

/** Reads an intervention. The project is given beside the fields of the robot. */
function parseIntervention(value: unknown, path: string): HarborIntervention {
  const { before, verb, value: act, at } = readAct(value, path);
  const { project: place, ...robot } = readMapping(act, at);
  const project = place === undefined ? undefined : readString(place, `${at}.project`);
  const common = { before, ...(project !== undefined && { project }) };
  if (verb === 'create') return { ...common, act: { create: parseRobot(robot, at, project) } };
  return { ...common, act: { delete: readString(readObject(['name'], robot, at)['name'], `${at}.name`) } };
}
