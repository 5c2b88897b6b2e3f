import { familyNameOf } from '../../src/core/model/generation-name.ts';
import { type Expected, type Scenario, toSink } from './scenario.ts';

const day = 24 * 60 * 60;
const pull = '[{ type: repository, name: app, actions: [pull] }]';

const others: readonly string[] = ['stranger'];

const common = {
  env: (url: string) => ({ IONOS_API_URL: url, IONOS_TOKEN: 'emulator' }),
  transport: 'http_url',
  replace: [],
  live: (emulator) => emulator.tokens('team-a').filter(({ name }) => !others.includes(name)),
  others: (emulator) => emulator.tokens('team-a').filter(({ name }) => others.includes(name)),
} satisfies Partial<Scenario>;

const push = /^push$/;
const post = /^POST .*\/tokens$/;
const remove = /^DELETE .*\/tokens\//;

/** One token, in a repository that the clone has credentials for. */
export const createOne: Scenario = {
  ...common,
  name: 'a create',
  seed: seed(),
  transport: 'http_remote_name',
  manifest: manifest([`name: app, scopes: ${pull}`]),
  expected: [named('app')],
  does: [push, post, /^sink /],
};

/** Three tokens; the response that has the secret of one is lost. */
export const createThree: Scenario = {
  ...common,
  name: 'three creates, of which one response is lost',
  seed: seed(),
  manifest: manifest(['app', 'build', 'cli'].map((name) => `name: ${name}, scopes: ${pull}`)),
  fault: ({ method, count }) => (method === 'POST' && count === 2 ? 'drop_after' : 'none'),
  expected: ['app', 'build', 'cli'].map(named),
  does: [push, post, remove, /^sink .*app$/, /^sink .*build$/, /^sink .*cli$/],
};

/** A rename of a token that was there before: another name can exist beside the old one. */
export const replaceCreateFirst: Scenario = {
  ...common,
  name: 'a replace that creates first',
  seed: seed('deploy'),
  manifest: manifest([
    `registry_token: deploy, state: update, name: release, scopes: ${pull}, allow_replace: true`,
  ]),
  expected: [named('release')],
  does: [push, post, remove, /^sink /],
};

/** A replace under the same name, of which there can only be one. */
export const replaceDeleteFirst: Scenario = {
  ...common,
  name: 'a replace that deletes first',
  seed: seed(),
  earlier: { manifest: manifest([`name: app, scopes: ${pull}`]), pause: day },
  manifest: manifest([`name: app, scopes: ${pull}`]),
  replace: ['registry_token:team-a/app'],
  expected: [named('app')],
  does: [push, post, remove, /^sink /],
};

const rotating = `name: push, scopes: ${pull}, rotate: { every: 30d, lifetime: 90d, overlap: 24h }`;

/** The next generation of a family that an earlier run began. */
export const nextGeneration: Scenario = {
  ...common,
  name: 'a rotation',
  seed: seed(),
  earlier: { manifest: manifest([rotating]), pause: 30 * day },
  manifest: manifest([rotating]),
  expected: [{ ...named('push'), isOf: (name) => familyNameOf(name) === 'push' }],
  overlap: day + 60,
  does: [push, post, /^sink /],
};

/** One token, in a repository on a disk that both hosts have. */
export const createInFolder: Scenario = {
  ...common,
  name: 'a create, and a repository in a folder',
  seed: seed(),
  transport: 'file_url',
  manifest: manifest([`name: app, scopes: ${pull}`]),
  expected: [named('app')],
  does: [push, post, /^sink /],
};

function seed(...names: readonly string[]): string {
  const tokens = [...names, ...others].map((name) => `{ name: ${name} }`);
  return `ionos: { registries: [{ name: team-a, tokens: [${tokens}] }] }`;
}

function manifest(entries: readonly string[]): string {
  const lines = entries.map((entry) => `  - { kind: registry_token, ${entry}, secret: [${toSink}] }\n`);
  return `apiVersion: reconcile/v1
defaults: { registry_token: { registry: team-a } }
tokens:
${lines.join('')}`;
}

function named(name: string): Expected {
  return {
    address: `registry_token:team-a/${name}`,
    isOf: (other) => other === name,
    as: { status: 'enabled' },
  };
}
