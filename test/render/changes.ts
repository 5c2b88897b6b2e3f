import type { Change, Result } from '../../src/core/model/plan.ts';
import { makeChange } from '../../src/core/plan/change.ts';

/** A change to the token of this name in the registry team-a. */
export function change(name: string, line: number, more: Partial<Change> & Pick<Change, 'action'>): Change {
  return makeChange(
    {
      address: `registry_token:team-a/${name}`,
      kind: 'registry_token',
      source: { file: 'tokens.yaml', line, column: 5 },
    },
    { reason: '', ...more },
  );
}

/** A token that is made. */
export const created = change('ci-push', 9, {
  action: 'create',
  reason: 'no token has this name',
  fields: [
    {
      field: 'scopes',
      before: null,
      after: [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }],
    },
    { field: 'expiry_date', before: null, after: '2027-06-30T00:00:00Z' },
  ],
  secret: ['file:secrets/ci-push.json'],
});

/** What became of the token of this name in the registry team-a. */
export function result(name: string, more: Partial<Result> & Pick<Result, 'action' | 'status'>): Result {
  return {
    address: `registry_token:team-a/${name}`,
    kind: 'registry_token',
    changed: more.status === 'applied',
    id: 'id-1',
    error: null,
    warnings: [],
    source: { file: 'tokens.yaml', line: 1, column: 5 },
    ...more,
  };
}
