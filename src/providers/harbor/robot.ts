import { timestampSuffixLength } from '../../core/model/generation-name.ts';
import type { Fields } from '../../core/model/token.ts';
import type { BroadRights, ManifestFinding, TokenKind } from '../../core/model/token-kind.ts';
import { isObject, type Json, type JsonObject } from '../../core/util/json.ts';
import { checkExpiry, type ExpiryCheck } from '../expiry.ts';
import { checkRights } from './check-rights.ts';
import { robotRules } from './fields.ts';
import { shortNamePattern } from './names.ts';
import { harborInfo } from './service.ts';

/** Maximum length of a name as the service stores it, with project and `+`: docs/services/harbor.md, Names. */
const maxStoredLength = 255;

const expiryCheck: ExpiryCheck = {
  field: 'expires_at',
  rule: robotRules.expires_at.expiry ?? { precision: 'second' },
  hint: 'a new or changed robot needs a later one',
};

/** Robot accounts of Harbor; see docs/reference/manifest.md. */
export const harborRobot: TokenKind = {
  kind: 'harbor_robot',
  service: harborInfo,
  rules: robotRules,
  uniqueNames: true,
  maxNameLength: maxStoredLength,
  levels: [
    { field: 'project', value: 'project', help: 'project of Harbor', prefix: 'project/', isListed: true },
    {
      field: 'level',
      value: 'level',
      help: 'level of Harbor',
      choices: ['system'],
      prefix: '',
      isListed: true,
    },
  ],
  idField: 'id',
  idPattern: /^\d+$/,
  exampleAddress: 'harbor_robot:project/team-a/ci-push',
  required: { present: [], update: [], absent: [] },
  identify: ({ project, name, id }) => ({
    scope: typeof project === 'string' ? `project/${project}` : 'system',
    place: typeof project === 'string' ? `the project ${project}` : 'the system level of Harbor',
    ...(typeof name === 'string' && { name }),
    ...((typeof id === 'string' || typeof id === 'number') && { id: String(id) }),
  }),
  check: (values, now) => [
    ...checkLevel(values),
    ...checkIdentity(values),
    ...(values['state'] === 'absent'
      ? []
      : [
          ...checkName(values['name']),
          ...checkLength(values),
          ...checkRights(values),
          ...checkExpiry(values['expires_at'], now, expiryCheck),
        ]),
  ],
  renewal: { secret: 'ours', keepsId: true, oldSecret: 'ends', movesExpiry: false },
  repairable: true,
  overBroad,
};

function checkLevel({ project, level }: JsonObject): readonly ManifestFinding[] {
  if ((project === undefined) !== (level === undefined)) return [];
  return [
    {
      severity: 'error',
      path: [],
      message: 'expected either project or level: system',
      hint: 'a robot belongs to one project, or to the system level',
    },
  ];
}

function checkIdentity({ name, id, state }: JsonObject): readonly ManifestFinding[] {
  if (name !== undefined || id !== undefined) return [];
  return [
    {
      severity: 'error',
      path: [],
      message: 'expected name or id',
      hint: `set name to the short name of the robot${state === 'absent' ? ', or id to its number' : ''}`,
    },
  ];
}

/** Checks the length of the name of a project's robot, or of the names of its generations. */
function checkLength({ project, name, rotate }: JsonObject): readonly ManifestFinding[] {
  if (typeof project !== 'string' || typeof name !== 'string') return [];
  const isFamily = isObject(rotate) && rotate['how'] !== 'in_place';
  const maxLength = maxStoredLength - project.length - '+'.length - (isFamily ? timestampSuffixLength : 0);
  if (name.length <= maxLength) return [];
  return [
    {
      severity: 'error',
      path: ['name'],
      message: `the name ${name} is too long: Harbor stores it as ${project}+${name}${isFamily ? '-YYYYMMDDHHMM' : ''}, in at most ${maxStoredLength} characters`,
      hint: `choose a name of up to ${Math.max(0, maxLength)} characters`,
    },
  ];
}

function checkName(name: Json | undefined): readonly ManifestFinding[] {
  if (typeof name !== 'string' || shortNamePattern.test(name)) return [];
  return [
    {
      severity: 'error',
      path: ['name'],
      message: `invalid name: ${JSON.stringify(name)}`,
      hint: 'the short name, without prefix and project: lower-case letters and digits, with single dots, dashes and underscores between them',
    },
  ];
}

function overBroad({ access, permissions }: Fields): BroadRights | undefined {
  const rights = [
    ...(Array.isArray(permissions) ? permissions.filter(isObject).flatMap(rightsOf) : []),
    ...deletesToo(access),
  ];
  if (rights.length === 0) return undefined;
  return {
    rights: [...new Set(rights)],
    advice: 'use a robot of one project, with only the accesses that it needs',
  };
}

function rightsOf({ kind, namespace, access }: JsonObject): readonly string[] {
  return [
    ...(kind === 'system' ? ['the system level'] : []),
    ...(namespace === '*' ? ['all projects (*)'] : []),
    ...deletesToo(access),
  ];
}

/** Returns the rights of a token that both pushes and deletes: such a token can replace what others use. */
function deletesToo(access: Json | undefined): readonly string[] {
  const texts = Array.isArray(access) ? access.map(String) : [];
  const deletes = texts.filter((text) => /^(repository|artifact|tag):delete$/.test(text));
  return texts.includes('repository:push') && deletes.length > 0 ? ['push and delete'] : [];
}
