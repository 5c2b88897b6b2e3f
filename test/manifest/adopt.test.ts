import { describe, expect, it, test } from 'vitest';
import { type AdoptedManifest, adopt, type LiveToken } from '../../src/manifest/adopt.ts';
import { tokenKinds } from '../../src/providers/registry.ts';

const now = Date.UTC(2026, 0, 1) / 1000;
const pull = [{ type: 'repository', name: 'app', actions: ['pull'] }];

type More = Partial<Omit<LiveToken, 'kind' | 'name'>>;

function registryToken(name: string, { fields, ...more }: More = {}): LiveToken {
  return {
    kind: 'registry_token',
    scope: 'team-a',
    id: `id-of-${name}`,
    name,
    custody: 'unknown',
    fields: { name, scopes: pull, expiry_date: 'never', status: 'enabled', ...fields },
    ...more,
  };
}

function personalToken(label: string, { fields, ...more }: More = {}): LiveToken {
  return {
    kind: 'docker_hub_personal_token',
    scope: '',
    id: `id-of-${label}`,
    name: label,
    custody: 'unknown',
    fields: { token_label: label, scopes: ['repo:read'], is_active: true, expires_at: 'never', ...fields },
    ...more,
  };
}

function orgToken(label: string, { fields, ...more }: More = {}): LiveToken {
  return {
    kind: 'docker_hub_org_token',
    scope: 'acme',
    id: `id-of-${label}`,
    name: label,
    custody: 'unknown',
    fields: { label, is_active: true, expires_at: 'never', ...fields },
    ...more,
  };
}

function adopted(...tokens: readonly LiveToken[]): AdoptedManifest {
  return adopt(tokens, {
    declarations: tokenKinds,
    now,
    mask: (text) => text.replace('s3cr3t', '(sensitive)'),
  });
}

const declared = ({ entries }: AdoptedManifest) =>
  entries.filter(({ excluded }) => !excluded).map(({ values }) => values);
const warnings = ({ entries }: AdoptedManifest) => entries.flatMap((entry) => entry.warnings);

describe('the common fields of tokens of one kind', () => {
  it('stands in the defaults, and what tells them apart does not', () => {
    const { defaults, entries } = adopted(
      registryToken('other', { fields: { status: 'disabled' } }),
      registryToken('one'),
      personalToken('ci'),
    );
    expect(defaults).toEqual({ registry_token: { registry: 'team-a', scopes: pull, expiry_date: 'never' } });
    expect(entries.map(({ values }) => values)).toEqual([
      {
        kind: 'docker_hub_personal_token',
        token_label: 'ci',
        scopes: ['repo:read'],
        is_active: true,
        expires_at: 'never',
      },
      { kind: 'registry_token', name: 'one', status: 'enabled' },
      { kind: 'registry_token', name: 'other', status: 'disabled' },
    ]);
  });

  it('is never a name, though it be that of the only token of each registry', () => {
    const { defaults } = adopted(registryToken('ci'), registryToken('ci', { scope: 'team-b' }));
    expect(defaults['registry_token']).not.toHaveProperty('name');
    expect(defaults['registry_token']).not.toHaveProperty('registry');
  });

  it('is what those have that are declared, and no others', () => {
    const { defaults, entries } = adopted(
      personalToken('a'),
      personalToken('b'),
      personalToken('c', { fields: { scopes: ['repo:admin'] }, expired: true }),
    );
    expect(defaults['docker_hub_personal_token']).toMatchObject({ scopes: ['repo:read'] });
    expect(entries.find(({ excluded }) => excluded)?.values).toMatchObject({
      scopes: ['repo:admin'],
      is_active: true,
    });
  });
});

describe('a token is left out', () => {
  test.each([
    {
      why: 'the service created it for its own use',
      token: personalToken('ci', { generated: true }),
      says: 'created it for its own use, or accepts no changes of it',
    },
    {
      why: 'it has expired, and declaring it would recreate it',
      token: personalToken('ci', { expired: true }),
      says: 'has expired',
    },
    {
      why: 'it is over, although the service still lists it',
      token: registryToken('ci', { fields: { expiry_date: '2025-12-31T00:00:00Z' } }),
      says: 'has expired',
    },
    {
      why: 'another one has taken its place',
      token: registryToken('ci', { retired: true }),
      says: 'was replaced',
    },
    {
      why: 'its secret is not delivered yet',
      token: registryToken('ci', { custody: 'undelivered' }),
      says: 'is not delivered yet',
    },
    {
      why: 'a manifest can have no such name',
      token: registryToken('under_score'),
      says: 'invalid name',
    },
    { why: 'it has no name at all', token: registryToken(''), says: 'is empty' },
    {
      why: 'its name holds a secret, which would come out blanked',
      token: registryToken('s3cr3t'),
      says: 'looks like a secret',
    },
  ])('if $why', ({ token, says }) => {
    const adoption = adopted(token);
    expect(declared(adoption)).toEqual([]);
    expect(adoption.defaults).toEqual({});
    expect(adoption.entries).toMatchObject([{ excluded: true, values: { kind: token.kind } }]);
    expect(warnings(adoption)).toEqual([expect.stringContaining(says)]);
    expect(warnings(adoption)).toEqual([expect.stringContaining(`${token.kind}:`)]);
  });

  it('if a registry has several of its name, as none can be named by its ID', () => {
    const adoption = adopted(registryToken('ci', { id: '1' }), registryToken('ci', { id: '2' }));
    expect(declared(adoption)).toEqual([]);
    expect(warnings(adoption)).toEqual(
      Array(2).fill(expect.stringContaining('2 live tokens are named "ci"')),
    );
  });
});

describe('a field is omitted, so it is not managed', () => {
  test.each([
    {
      why: 'the service shows none',
      token: personalToken('ci', { fields: { scopes: null } }),
      field: 'scopes',
    },
    {
      why: 'a manifest can have no such value',
      token: registryToken('ci', { fields: { status: 'frozen' } }),
      field: 'status',
    },
    {
      why: 'the value is no instant',
      token: registryToken('ci', { fields: { expiry_date: 'some day' } }),
      field: 'expiry_date',
    },
    {
      why: 'a manifest can have no empty list there',
      token: personalToken('ci', { fields: { scopes: [] } }),
      field: 'scopes',
    },
    {
      why: 'it holds a secret',
      token: orgToken('ci', { fields: { description: 'login: s3cr3t' } }),
      field: 'description',
    },
  ])('if $why', ({ token, field }) => {
    const adoption = adopted(token);
    expect(declared(adoption)).toHaveLength(1);
    expect(declared(adoption)[0]).not.toHaveProperty(field);
    expect(warnings(adoption)).toContainEqual(
      expect.stringContaining(`${field} is left out and not managed`),
    );
  });

  it('with a remark if the service shows none of them, as that is so of each token of the kind', () => {
    const adoption = adopted(orgToken('ci'));
    expect(declared(adoption)[0]).not.toHaveProperty('resources');
    expect(warnings(adoption)).toEqual([]);
    const [entry] = adoption.entries;
    expect(entry?.hidden).toContain('resources');
    expect(entry?.notes).toContainEqual(expect.stringContaining('resources is left out and not managed'));
  });

  it('without a word if it is an empty text, which counts as not stated', () => {
    const whole = orgToken('ci', {
      fields: { description: '', resources: [{ type: 'TYPE_ORG', path: 'acme', scopes: ['a'] }] },
    });
    expect(declared(adopted(whole))[0]).not.toHaveProperty('description');
    expect(warnings(adopted(whole))).toEqual([]);
  });
});

describe('a token is named', () => {
  it('by its ID alone if another one has its label', () => {
    const adoption = adopted(personalToken('ci', { id: '1' }), personalToken('ci', { id: '2' }));
    expect(adoption.entries).toMatchObject([
      {
        address: 'docker_hub_personal_token:1',
        values: { uuid: '1' },
        notes: [expect.stringContaining('2 live tokens are named "ci"')],
      },
      { address: 'docker_hub_personal_token:2', values: { uuid: '2' } },
    ]);
    for (const values of declared(adoption)) expect(values).not.toHaveProperty('token_label');
  });

  test.each([
    { why: 'has expired', more: { expired: true } },
    { why: 'is a product’s own', more: { generated: true } },
    { why: 'is to be deleted', more: { retired: true } },
  ] as const)('by its label if the other one $why', ({ more }) => {
    const adoption = adopted(personalToken('ci', { id: '1' }), personalToken('ci', { id: '2', ...more }));
    expect(declared(adoption)).toMatchObject([{ token_label: 'ci' }]);
  });

  it('by its ID if a manifest cannot have its label', () => {
    expect(declared(adopted(personalToken('x'.repeat(101), { id: '1' })))).toMatchObject([{ uuid: '1' }]);
  });
});

it('escapes a text that looks like a reference', () => {
  const description = 'uses ${env:HOME} and $${x}';
  expect(declared(adopted(orgToken('ci', { fields: { description } })))).toMatchObject([
    { description: 'uses $${env:HOME} and $$${x}' },
  ]);
});
