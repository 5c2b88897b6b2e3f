import { otherUser } from '../callers.ts';
import {
  grantingReaders,
  parseQuirks,
  type Readers,
  readAct,
  type SeedQuirks,
  timingReaders,
} from '../seed-quirks.ts';
import {
  enumReader,
  readBoolean,
  readInteger,
  readMapping,
  readObject,
  readPositive,
  readString,
} from '../seed-values.ts';
import type { HubQuirks } from './quirks.ts';
import { parseOrgToken, parsePersonalToken } from './seed-parse.ts';
import type { HubIntervention } from './seed-tokens.ts';

/** The reader of each quirk. */
const readers: Readers<HubQuirks> = {
  ...timingReaders,
  ...grantingReaders,
  pageCap: readPositive,
  foreignLinks: readBoolean,
  maskedToken: enumReader('asterisks', 'empty'),
  immutable: enumReader('reject', 'ignore'),
  deleteStatus: (value, path) => {
    if (value !== 204 && value !== 202) throw new Error(`${path}: expected 204 or 202`);
    return value;
  },
  createdBy: readBoolean,
  description: readBoolean,
  errors: enumReader('newer', 'older', 'detail', 'html'),
  lockAfter: readInteger,
};

/** Reads the quirks of Docker Hub, its faulty requests, and the interventions of others. */
export function parseHubQuirks(value: unknown, path: string): SeedQuirks<HubQuirks, HubIntervention> {
  return parseQuirks(value, path, readers, parseIntervention);
}

/** Reads an intervention. The owner of the token is given beside the fields of the token. */
function parseIntervention(value: unknown, path: string): HubIntervention {
  const { before, verb, value: act, at } = readAct(value, path);
  const { user, org, ...token } = readMapping(act, at);
  if ((user === undefined) === (org === undefined)) throw new Error(`${at}: expected either user or org`);

  if (user !== undefined) {
    const person = { before, kind: 'personal', user: readString(user, `${at}.user`) } as const;
    if (verb === 'create') return { ...person, act: { create: parsePersonalToken(token, at) } };
    return { ...person, act: { delete: labelOf(token, 'token_label', at) } };
  }
  const owner = { before, kind: 'org', org: readString(org, `${at}.org`) } as const;
  if (verb === 'delete') return { ...owner, act: { delete: labelOf(token, 'label', at) } };
  return { ...owner, act: { create: parseOrgToken({ created_by: otherUser, ...token }, at) } };
}

function labelOf(token: Readonly<Record<string, unknown>>, key: string, path: string): string {
  return readString(readObject([key], token, path)[key], `${path}.${key}`);
}
