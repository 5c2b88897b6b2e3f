import { armor, Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import type { Scenario, SinkFile } from './scenario.ts';
import { json, raw } from './sink-formats.ts';

const registry = '00000000-0000-4000-8000-000000000001';
const identity = await generateIdentity();
const recipient = await identityToRecipient(identity);

const program = '[/bin/sh, -c, cat > app.txt.part && mv app.txt.part app.txt]';

/** Two creates, one under an ID that we choose; a rename; and a token that is replaced under its name. */
export const registryTokens: Scenario = {
  name: 'registry tokens',
  seed: `ionos: { registries: [{ id: ${registry}, name: team-a }] }`,
  env: (url) => ({ IONOS_API_URL: url, IONOS_TOKEN: 'emulator' }),
  earlier: manifest(`
  - name: deploy
    scopes: [{ type: repository, name: app, actions: [pull, push] }]
    expiry_date: 2098-01-01T00:00:00Z
    secret: [{ file: { path: deploy.txt, format: raw } }]
  - name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    expiry_date: 2099-01-01T00:00:00Z
    secret: [{ file: { path: ci-push.json } }]
`),
  manifest: () =>
    manifest(`
  - name: app
    scopes: [{ type: repository, name: app, actions: [push] }]
    secret: [{ file: { path: app.json } }, { command: { run: ${program} } }]
  - name: backup
    create_with: put
    scopes: [{ type: repository, name: '*', actions: [pull] }]
    secret: [{ file: { path: backup.age, format: json, age: [${recipient}] } }]
  - registry_token: deploy
    state: update
    name: release
    allow_replace: true
    secret: [{ file: { path: deploy.txt, format: raw } }]
  - name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull] }]
    secret: [{ file: { path: ci-push.json } }]
`),
  unmade: ['spool', '.gitignore'],
  replace: [`registry_token:${registry}/ci-push`],
  tokens: [
    {
      name: 'app',
      sinkFiles: [
        json('app.json'),
        { ...raw('app.txt'), sink: 'command:/bin/sh -c cat > app.txt.part && mv app.txt.part app.txt' },
      ],
      as: { expiry: null, scopes: [{ type: 'repository', name: 'app', actions: ['push'] }] },
      made: 'always',
    },
    {
      name: 'backup',
      sinkFiles: [encrypted('backup.age')],
      as: { expiry: null, scopes: [{ type: 'repository', name: '*', actions: ['pull'] }] },
      made: 'always',
    },
    {
      name: 'release',
      sinkFiles: [raw('deploy.txt')],
      as: {
        expiry: Date.parse('2098-01-01T00:00:00Z'),
        scopes: [{ type: 'repository', name: 'app', actions: ['pull', 'push'] }],
      },
      made: 'always',
    },
    {
      name: 'ci-push',
      sinkFiles: [json('ci-push.json')],
      as: {
        expiry: Date.parse('2099-01-01T00:00:00Z'),
        scopes: [{ type: 'repository', name: 'app', actions: ['pull'] }],
      },
      made: 'if_begun',
    },
  ],
  does: [/^POST .*\/tokens$/, /^PUT .*\/tokens\//, /^DELETE .*\/tokens\//, /^run \/bin\/sh$/],
  live: (emulator) => emulator.tokens('team-a'),
  others: () => [],
};

function manifest(tokens: string): string {
  return `apiVersion: reconcile/v1
defaults: { registry_token: { registry: ${registry} } }
tokens:${tokens.replaceAll('\n  - ', '\n  - kind: registry_token\n    ')}`;
}

function encrypted(file: string): SinkFile {
  return {
    sink: `file:${file}`,
    file,
    async read(text) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return JSON.parse(await decrypter.decrypt(armor.decode(text), 'text'));
    },
  };
}
