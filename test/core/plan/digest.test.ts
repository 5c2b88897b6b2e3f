import { describe, expect, test } from 'vitest';
import type { ConnectionSpec, Desired, Rotation, SecretRenewal } from '../../../src/core/model/desired.ts';
import type { Sink } from '../../../src/core/model/sink.ts';
import type { CommandSink } from '../../../src/core/model/sinks/command.ts';
import type { DockerSink } from '../../../src/core/model/sinks/docker.ts';
import type { FileSink } from '../../../src/core/model/sinks/file.ts';
import type { PlanInput } from '../../../src/core/plan/input.ts';
import { createPlan } from '../../../src/core/plan/plan.ts';
import type { Json } from '../../../src/core/util/json.ts';
import { entry, inputFor, sink } from '../fixtures.ts';

/**
 * A digest says that what is carried out is what was reviewed, and how. So each member of an entry is in it, or says
 * nothing that something else in it doesn't say. These lists don't compile where a member is missing: a new one is
 * decided here, and in core/plan/digest.ts or the type of the sink.
 */
type Decisions<T> = { readonly [Member in keyof Required<T>]: Partial<T> | 'said by something else' };
const elsewhere = 'said by something else';

const command: CommandSink = {
  type: 'command',
  run: ['./put.sh'],
  layout: { format: 'raw' },
  timeoutSeconds: 60,
  folder: '/manifests',
};
const docker: DockerSink = { type: 'docker', config: 'docker', folder: '/manifests', within: ['/manifests'] };
const rotation: Rotation = { base: 'ci', every: 1000, lifetime: 2000, beforeExpiry: 100, overlap: 50 };
const renewal: SecretRenewal = { every: 1000, lifetime: 2000, beforeExpiry: 100 };
const wanted = entry({ name: 'ci', secret: [sink, command, docker] });
const rotating = entry({ name: 'ci', secret: [sink], rotation });
const renewed = entry({ name: 'ci', secret: [sink], renewal });

const ofDesired: Decisions<Desired> = {
  address: { address: 'registry_token:team-a/other' },
  kind: elsewhere, // the address
  state: { state: 'update' },
  scope: elsewhere, // the key of the scope
  place: elsewhere, // the key of the scope
  name: { name: 'other' },
  existing: { existing: 'other' },
  id: { id: 'other' },
  idField: elsewhere, // the address
  fields: { fields: { ...wanted.fields, status: 'disabled' } },
  createWith: { createWith: 'put' },
  allowReplace: { allowReplace: true },
  replaceOrder: { replaceOrder: 'delete_first' },
  protected: { protected: true },
  wait: { wait: false },
  waitTimeoutSeconds: { waitTimeoutSeconds: 5 },
  secret: { secret: 'discard' },
  registryHost: { registryHost: 'registry.example.com' },
  rotation: { rotation },
  renewal: { renewal },
  connection: { connection: { ...wanted.connection, api_url: 'https://other.example' } },
  source: elsewhere, // a place
  prunedBy: elsewhere, // the deletes
};

const ofConnection: Decisions<ConnectionSpec> = {
  api_url: { api_url: 'https://other.example' },
  certificate_fingerprint: { certificate_fingerprint: 'ab'.repeat(32) },
  username: elsewhere, // the account, and the references
  password: elsewhere, // the references: it may be a secret
  token: elsewhere, // the references: it may be a secret
  references: { references: { token: '$' } },
  sources: elsewhere, // places
  folder: { folder: '/manifests/below' },
  within: elsewhere, // the folder, relative to it
};

const ofFile: Decisions<FileSink> = {
  type: elsewhere,
  path: { path: 'other.json' },
  layout: { layout: { format: 'env', prefix: 'CI_' } },
  mode: { mode: 0o644 },
  age: { age: ['age1other'] },
  folder: { folder: '/manifests/below' },
  within: elsewhere, // the path, relative to it
};

const ofCommand: Decisions<CommandSink> = {
  type: elsewhere,
  run: { run: ['./put.sh', 'other'] },
  layout: { layout: { format: 'kubernetes', name: 'ci', namespace: 'ci' } },
  timeoutSeconds: { timeoutSeconds: 5 },
  folder: elsewhere, // that of the connection
};

const ofDocker: Decisions<DockerSink> = {
  type: elsewhere,
  config: { config: 'other' },
  folder: { folder: '/manifests/below' },
  within: elsewhere, // the path, relative to it
};

const ofRotation: Decisions<Rotation> = {
  base: { base: 'other' },
  every: { every: 1001 },
  lifetime: { lifetime: 2001 },
  beforeExpiry: { beforeExpiry: 101 },
  overlap: { overlap: 51 },
};

const ofRenewal: Decisions<SecretRenewal> = {
  every: { every: 1001 },
  lifetime: { lifetime: 2001 },
  beforeExpiry: { beforeExpiry: 101 },
};

function digestOf(
  desired: Desired,
  more: { readonly programs?: Json; readonly scopeKey?: string } = {},
): string {
  const input: PlanInput = { ...inputFor(desired, []), ...more };
  return createPlan([input]).digest;
}

/** The members that are decided to change the digest, with what changes them. */
function changes<T>(decisions: Decisions<T>): [string, Partial<T>][] {
  return Object.entries<Partial<T> | string>(decisions).flatMap(([member, change]) =>
    typeof change === 'string' ? [] : [[member, change]],
  );
}

describe('a digest changes with', () => {
  test.each(changes(ofDesired))('%s of an entry', (_, change) => {
    expect(digestOf({ ...wanted, ...change })).not.toBe(digestOf(wanted));
  });

  test.each(changes(ofConnection))('%s of a connection', (_, change) => {
    const connection = { ...wanted.connection, ...change };
    expect(digestOf({ ...wanted, connection })).not.toBe(digestOf(wanted));
  });

  const withSink = (other: Sink): Desired => ({ ...wanted, secret: [other] });
  test.each(changes(ofFile))('%s of a file', (_, change) => {
    expect(digestOf(withSink({ ...sink, ...change }))).not.toBe(digestOf(withSink(sink)));
  });
  test.each(changes(ofCommand))('%s of a command', (_, change) => {
    expect(digestOf(withSink({ ...command, ...change }))).not.toBe(digestOf(withSink(command)));
  });
  test.each(changes(ofDocker))('%s of a docker configuration', (_, change) => {
    expect(digestOf(withSink({ ...docker, ...change }))).not.toBe(digestOf(withSink(docker)));
  });
  test.each(changes(ofRotation))('%s of a rotation', (_, change) => {
    const other = { ...rotating, rotation: { ...rotation, ...change } };
    expect(digestOf(other)).not.toBe(digestOf(rotating));
  });
  test.each(changes(ofRenewal))('%s of a rotation in place', (_, change) => {
    const other = { ...renewed, renewal: { ...renewal, ...change } };
    expect(digestOf(other)).not.toBe(digestOf(renewed));
  });

  test('the account, and the programs of command sinks', () => {
    expect(digestOf(wanted, { scopeKey: 'another account' })).not.toBe(digestOf(wanted));
    expect(digestOf(wanted, { programs: [['put.sh', 'sha256:1']] })).not.toBe(
      digestOf(wanted, { programs: [['put.sh', 'sha256:2']] }),
    );
  });
});

test('a digest does not depend on a credential', () => {
  const with_ = (token: string, password: string): string =>
    digestOf({ ...wanted, connection: { ...wanted.connection, token, password } });
  expect(with_('one', 'two')).toBe(with_('three', 'four'));
});
