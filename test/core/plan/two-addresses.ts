import { entry, type FixtureOptions, token } from '../fixtures.ts';

/** One registry, by two addresses. */
export const uuid = '0a000000-0000-4000-8000-000000000001';
export const scope = { id: uuid, name: 'team-a' };
export const byNumber: FixtureOptions = { scope, scopeKey: `registry_token http://127.0.0.1:1 ${uuid}` };
export const byName: FixtureOptions = { scope, scopeKey: `registry_token http://localhost:1 ${uuid}` };
export const live = [token('id-1', 'ci'), token('id-2', 'other')];
export const protector = entry({ name: 'ci', protected: true });
