import type { ManifestFinding, ServiceInfo, TokenKind } from '../../../../src/core/model/token-kind.ts';
import { isObject, type JsonObject } from '../../../../src/core/util/json.ts';
import { checkExpiry } from '../../../../src/providers/expiry.ts';
import { rulesOf, type StandInVariant } from './fields.ts';

const info: ServiceInfo = {
  id: 'stand-in',
  name: 'Stand-in',
  title: 'Stand-in Registry',
  apiUrl: 'https://stand-in.example/api',
  registryHost: 'registry.stand-in.example',
  basePath: '/api',
  variables: {
    apiUrl: 'STAND_IN_API_URL',
    certificateFingerprint: 'STAND_IN_CERTIFICATE_FINGERPRINT',
    token: 'STAND_IN_TOKEN',
    logins: [{ username: 'STAND_IN_USERNAME', password: 'STAND_IN_PASSWORD' }],
  },
  pipelineSecrets: ['STAND_IN_TOKEN'],
  secretPrefixes: ['stand_in_'],
  starter: {
    kind: 'stand_in_token',
    entry: `  - kind: stand_in_token
    project: team-a
    name: ci-push
    secret:
      - file: { path: secrets/ci-push.json }
`,
  },
  errorText: ({ errors }) => {
    const [first] = Array.isArray(errors) ? errors.filter(isObject) : [];
    return typeof first?.['message'] === 'string' ? first['message'] : undefined;
  },
};

/** Returns the kind of token of an installation. */
export function kindFor(variant: StandInVariant): TokenKind {
  const rules = rulesOf(variant);
  return {
    kind: 'stand_in_token',
    service: info,
    rules,
    uniqueNames: true,
    maxNameLength: 64,
    levels: [
      { field: 'project', value: 'project', help: 'project', prefix: 'project/', isListed: true },
      { field: 'level', value: 'level', help: 'level (system)', prefix: '', isListed: false },
    ],
    idField: 'token_id',
    idPattern: /^\d+$/,
    exampleAddress: 'stand_in_token:project/team-a/ci-push',
    idFieldTakesName: true,
    required: { present: ['name'], update: ['token_id'], absent: ['token_id'] },
    ignored: { present: ['token_id'] },
    identify: ({ state, project, name, token_id: ref }) => ({
      scope: typeof project === 'string' ? `project/${project}` : 'system',
      place: typeof project === 'string' ? `the project ${project}` : 'the system',
      ...(typeof name === 'string' && state !== 'absent' && { name }),
      ...(typeof ref === 'string' && (state === 'update' || state === 'absent') && { existing: ref }),
    }),
    check: (values, now) => [
      ...checkScope(values),
      ...checkExpiry(values['expires_at'], now, {
        field: 'expires_at',
        rule: rules.expires_at.expiry ?? { precision: 'second' },
        hint: 'a new token needs another one',
      }),
    ],
    renewal: { secret: 'ours', keepsId: true, oldSecret: 'ends', movesExpiry: false },
    repairable: true,
    overBroad: ({ permissions }) =>
      Array.isArray(permissions) && permissions.some((one) => isObject(one) && one['action'] === '*')
        ? { rights: ['all actions (*)'], advice: 'list only the actions that it needs' }
        : undefined,
  };
}

function checkScope({ project, level }: JsonObject): readonly ManifestFinding[] {
  if ((project === undefined) !== (level === undefined)) return [];
  return [{ severity: 'error', path: [], message: 'expected either project or level: system' }];
}
