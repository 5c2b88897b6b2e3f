import type { CreateAttempt, LedgerEntry } from '../../../src/core/model/custody-record.ts';
import { Secret } from '../../../src/core/model/secret.ts';
import type { CreatedRecord } from '../../../src/custody/state/spool.ts';

/** The key of the records below. */
export const key = 'a'.repeat(32);

/** An attempt at creating a token. */
export const attempt: CreateAttempt = {
  nonce: 'nonce-1',
  replaceOrder: null,
  key,
  kind: 'registry_token',
  address: 'registry_token:team-a/ci',
  scope: { id: 'registry-1', name: 'team-a' },
  name: 'ci',
  id: null,
  fields: { name: 'ci' },
  sinks: [],
  knownIds: [],
  listedAt: 1,
  deadline: 2,
  replaces: null,
};

/** The token that the attempt has created. */
export const made: CreatedRecord = {
  id: 'id-1',
  username: 'ci',
  registry: 'team-a.example.com',
  createdAt: null,
  expiresAt: null,
  createdBy: null,
  created: 1,
  respondedAt: 1,
  secret: new Secret('hunter2'),
  content: null,
};

/** The ledger's entry of that token. */
export const entry: LedgerEntry = {
  address: attempt.address,
  kind: 'registry_token',
  name: 'ci',
  id: 'id-1',
  created: 1,
  createdBy: null,
  delivered: {},
  superseded: [],
  unresolved: [],
};
