import type { Situation } from '../../src/core/decide.ts';
import { canonicalFields } from '../../src/core/fields.ts';
import { indexTokens } from '../../src/core/match.ts';
import type { Custody, Desired, FileSink, Observed, Scope } from '../../src/core/model.ts';
import { type RegistryTokenFields, registryTokenRules } from '../../src/providers/ionos/fields.ts';

/** 1 January 2026. */
export const now = Date.UTC(2026, 0, 1) / 1000;

export const scope: Scope = { id: 'registry-1', name: 'team-a' };

export const sink: FileSink = {
  type: 'file',
  path: 'secrets/token.json',
  format: 'json',
  mode: 0o600,
  folder: '/manifests',
  within: ['/manifests'],
};

export const pullApp = { type: 'repository', name: 'app', actions: ['pull'] };

/** A token of the listing. It has every field, as the API shows it. */
export function token(id: string, name: string, fields: RegistryTokenFields = {}): Observed {
  return {
    id,
    name,
    fields: canonicalFields(registryTokenRules, {
      scopes: [pullApp],
      expiry_date: 'never',
      status: 'enabled',
      ...fields,
      name,
    }),
    object: {},
  };
}

/** What a test says of an entry; the rest is as if the manifest left it out. */
export type Entry = Partial<Omit<Desired, 'fields'>> & { readonly fields?: RegistryTokenFields };

/** An entry of a manifest. Its secret goes to a file, so that it may be created. */
export function entry({ fields, ...given }: Entry): Desired {
  const registry = given.scope ?? 'team-a';
  const wanted = { ...(given.name !== undefined && { name: given.name }), ...fields };
  return {
    address: `registry_token:${registry}/${given.name ?? given.ref ?? ''}`,
    kind: 'registry_token',
    state: 'present',
    scope: registry,
    createWith: 'post',
    allowReplace: false,
    protected: false,
    wait: true,
    waitTimeoutSeconds: 600,
    secret: [sink],
    connection: { sources: {}, folder: '/manifests', within: ['/manifests'] },
    source: { file: 'tokens.yaml', line: 3, column: 5 },
    ...given,
    fields: given.state === 'absent' ? {} : canonicalFields(registryTokenRules, wanted),
  };
}

/** An entry with what was observed for it. */
export function situation(
  desired: Desired,
  tokens: readonly Observed[],
  more: { readonly scope?: Scope; readonly custody?: Custody; readonly scopeKey?: string } = {},
): Situation & { readonly scopeKey: string } {
  return {
    desired,
    rules: registryTokenRules,
    scope: more.scope ?? scope,
    live: indexTokens(tokens),
    custody: () => more.custody ?? 'held',
    now,
    scopeKey: more.scopeKey ?? scope.id,
  };
}
