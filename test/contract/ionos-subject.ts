import { expect } from 'vitest';
import { createEmulator } from '../../src/emulator/index.ts';
import type { IonosQuirks } from '../../src/emulator/quirks.ts';
import { basePath, conformingToIonos } from './ionos.ts';
import { registryTokens } from './providers.ts';
import { type Subject, start, usual, uuid } from './subject.ts';

const variants: Readonly<Record<string, Partial<IonosQuirks>>> = {
  'dates with seconds': { dateStyle: 'seconds' },
  'dates without a zone': { dateStyle: 'zoneless' },
  'dates with milliseconds': { dateStyle: 'millis' },
  'no scopes: an empty list': { emptyScopes: 'array' },
  'no scopes: null': { emptyScopes: 'null' },
  'no scopes: left out': { emptyScopes: 'absent' },
  'the last cursor is empty': { cursorEnd: 'empty', pageCap: 2 },
  'the last cursor is left out': { cursorEnd: 'absent', pageCap: 2 },
  'the last cursor repeats': { cursorEnd: 'repeat', pageCap: 2 },
};

/** The scopes of the subject's `fields`, in an order that is not the canonical one. */
const scopeList = [
  { type: 'repository', name: 'base', actions: ['pull'] },
  { type: 'repository', name: 'app', actions: ['push', 'delete', 'pull'] },
  { type: 'registry', name: '*', actions: ['list'] },
];

/** Registry tokens of IONOS. */
export const ionos: Subject = {
  ...usual,
  name: 'IONOS',
  provider: registryTokens,
  start: ({ scopes, tokens }, variant) => {
    const emulator = createEmulator({
      now: () => start,
      ...(variant !== undefined && { quirks: variants[variant] ?? {} }),
      seed: {
        registries: scopes.map(({ id, name, notReady }, index) => ({
          id,
          name,
          location: 'de/fra',
          hostname: notReady ? '' : `${name}.cr.de-fra.ionos.com`,
          state: notReady ? 'New' : 'Running',
          tokens: (index === 0 ? tokens : []).map((token) => ({
            id: token.id,
            name: String(token.fields['name']),
            status: String(token.fields['status'] ?? 'enabled'),
            expiryDate: typeof token.fields['expiry_date'] === 'string' ? token.fields['expiry_date'] : null,
            scopes: token.fields['scopes'] === undefined ? [] : [...scopeList],
          })),
        })),
      },
    });
    const first = scopes[0]?.name ?? '';
    return {
      baseUrl: `https://api.example${basePath}`,
      fetch: conformingToIonos(emulator.fetch),
      requests: () =>
        emulator.requests.map(({ method, path, body }) => ({
          what: `${method} ${path.slice(basePath.length).replace(/\?.*/, '')}`,
          body,
        })),
      secrets: () => emulator.tokens(first).map(({ password }) => password),
      authorizations: {
        valid: 'Bearer emulator',
        invalid: 'Bearer wrong',
        unprivileged: async () => 'Bearer emulator-unprivileged',
      },
    };
  },
  variants: Object.keys(variants),
  scope: { id: uuid(1), name: 'team-a' },
  resolvesIds: true,
  scopeListing: 'GET /registries',
  listed: ['name', 'scopes', 'expiry_date', 'status'],
  hidden: ['password'],
  maker: expect.any(String),
  ownIds: true,
  username: (name) => name,
  fields: {
    name: 'full',
    // Canonical, so neither in the order of the seed nor in that of the emulator.
    scopes: [
      { type: 'registry', name: '*', actions: ['list'] },
      { type: 'repository', name: 'app', actions: ['delete', 'pull', 'push'] },
      { type: 'repository', name: 'base', actions: ['pull'] },
    ],
    expiry_date: '2031-06-30T12:00:00Z',
    status: 'disabled',
  },
  needed: {},
  defaults: { scopes: [], expiry_date: 'never', status: 'enabled' },
  patches: [
    { fields: { status: 'enabled' }, body: { status: 'enabled' } },
    { fields: { expiry_date: '2032-01-01T00:00:00Z' }, body: { expiryDate: '2032-01-01T00:00:00Z' } },
    { fields: { expiry_date: 'never' }, body: { expiryDate: null } },
    { fields: { scopes: [] }, body: { scopes: [] } },
    {
      fields: { scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }] },
      body: { scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }] },
    },
  ],
  neverExpiring: (name) => ({
    fields: { name, expiry_date: 'never' },
    body: { properties: { name } },
  }),
};
