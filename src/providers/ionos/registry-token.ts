import type { Fields } from '../../core/model/token.ts';
import type { BroadRights, ManifestFinding, TokenKind } from '../../core/model/token-kind.ts';
import { isObject, type Json } from '../../core/util/json.ts';
import { uuidPattern } from '../../core/util/uuid.ts';
import { checkExpiry, type ExpiryRule } from '../expiry.ts';
import { registryTokenRules, rejectTooSoon } from './fields.ts';
import { ionosInfo } from './service.ts';

/** Names that the API accepts: docs/services/ionos.md, Names. */
const widestName = /^[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/;
/** Names that the web console and Terraform's validation accept: docs/services/ionos.md, Names. */
const strictName = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/;

/** Values that are documented, or offered by ionosctl's completion: docs/services/ionos.md, Scopes. */
const knownTypes = new Set(['repository', 'registry', 'namespace']);
const knownActions = new Set(['pull', 'push', 'delete', '*', 'read', 'write', 'list']);

const expiryRule: ExpiryRule = {
  field: 'expiry_date',
  reject: rejectTooSoon,
  hint: 'a new or changed token needs a later one',
};

/** Tokens of IONOS registries; see docs/reference/manifest.md. */
export const registryToken: TokenKind = {
  kind: 'registry_token',
  service: ionosInfo,
  rules: registryTokenRules,
  uniqueNames: true,
  maxNameLength: 63,
  levels: [
    { field: 'registry', value: 'registry', help: 'registry, by ID or name', prefix: '', isListed: true },
  ],
  idField: 'registry_token',
  idPattern: uuidPattern,
  idFieldTakesName: true,
  exampleAddress: 'registry_token:team-a/ci-push',
  required: {
    present: ['registry', 'name'],
    update: ['registry', 'registry_token'],
    absent: ['registry', 'registry_token'],
  },
  ignored: { present: ['registry_token'], update: ['create_with'], absent: ['create_with'] },
  identify: ({ state, registry, name, registry_token: ref }) => ({
    scope: String(registry),
    place: String(registry),
    ...(typeof name === 'string' && state !== 'absent' && { name }),
    ...(typeof ref === 'string' && (state === 'update' || state === 'absent') && { existing: ref }),
  }),
  check: (values, now) =>
    values['state'] === 'absent'
      ? []
      : [
          ...checkName(values['name']),
          ...checkScopes(values['scopes']),
          ...checkExpiry(values['expiry_date'], now, expiryRule),
        ],
  overBroad,
};

function overBroad({ scopes }: Fields): BroadRights | undefined {
  const rights = (Array.isArray(scopes) ? scopes : []).filter(isObject).flatMap(({ name, actions }) => [
    ...(name === '*' ? ['all names (*)'] : []),
    ...(Array.isArray(actions) ? actions : []).flatMap((action: Json) => {
      if (action === '*') return ['all actions (*)'];
      return action === 'delete' ? ['delete'] : [];
    }),
  ]);
  if (rights.length === 0) return undefined;
  return { rights, advice: 'list only the repositories and actions that it needs' };
}

function checkName(name: Json | undefined): readonly ManifestFinding[] {
  if (typeof name !== 'string') return [];
  if (!widestName.test(name)) {
    return [
      {
        severity: 'error',
        path: ['name'],
        message: `invalid name: ${JSON.stringify(name)}`,
        hint: 'a letter first, then letters, digits and dashes, no dash at the end; 2 to 63 characters in all',
      },
    ];
  }
  if (strictName.test(name)) return [];
  return [
    {
      severity: 'warning',
      path: ['name'],
      message: `the service's web console doesn't accept the name ${name}`,
      hint: 'lower-case letters, digits and dashes, at least 3 characters, are safest',
    },
  ];
}

function checkScopes(scopes: Json | undefined): readonly ManifestFinding[] {
  if (!Array.isArray(scopes)) return [];
  return scopes.flatMap((scope: Json, index): ManifestFinding[] => {
    if (!isObject(scope)) return [];
    const findings: ManifestFinding[] = [];
    const { type, actions } = scope;
    if (typeof type === 'string' && !knownTypes.has(type)) {
      findings.push(unknown(['scopes', index, 'type'], 'type of scope', type, 'repository and registry'));
    }
    for (const [place, action] of Array.isArray(actions) ? actions.entries() : []) {
      if (typeof action === 'string' && !knownActions.has(action)) {
        findings.push(
          unknown(['scopes', index, 'actions', place], 'action', action, 'pull, push and delete'),
        );
      }
    }
    return findings;
  });
}

function unknown(path: ManifestFinding['path'], what: string, value: string, known: string): ManifestFinding {
  return {
    severity: 'warning',
    path,
    message: `${JSON.stringify(value)} is not a known ${what}; it is sent unchanged`,
    hint: `documented values: ${known}`,
  };
}
