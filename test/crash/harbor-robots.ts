import type { Emulator } from '../../src/emulator/index.ts';
import type { Live, Scenario } from './scenario.ts';
import { json, raw } from './sink-formats.ts';

/** A robot from before Harbor 2.2, which stays whatever its name is. */
const legacy = 'gone-legacy';

/**
 * Robots: one of a project that is created, one of the system that is disabled once its secret is safe, one whose secret is
 * renewed in place, one that is changed, and one that is deleted.
 */
export const harborRobots: Scenario = {
  name: 'Harbor robots',
  seed: `harbor:
  projects:
    - name: team-a
      robots:
        - { name: ${legacy}, editable: false }
        - { name: gone }
        - { name: in-place, access: [repository:pull], duration: 45, created_ago: 40d }`,
  env: (url) => ({ HARBOR_URL: url, HARBOR_USERNAME: 'emulator', HARBOR_PASSWORD: 'emulator' }),
  earlier: manifest(`
  - project: team-a
    name: changed
    access: [repository:pull]
    expires_at: 2098-01-01T00:00:00Z
    secret: [{ file: { path: changed.txt, format: raw } }]
`),
  manifest: () =>
    manifest(`
  - project: team-a
    name: app
    access: [repository:pull, repository:push]
    description: for the pipeline
    secret: [{ file: { path: app.json } }]
  - level: system
    name: backup
    disable: true
    permissions: [{ kind: project, namespace: '*', access: [repository:pull] }]
    secret: [{ file: { path: backup.txt, format: raw } }]
  - project: team-a
    name: in-place
    access: [repository:pull]
    rotate: { how: in_place, every: 30d, lifetime: 45d }
    secret: [{ file: { path: in-place.json } }]
  - project: team-a
    name: changed
    access: [repository:pull, repository:push]
    expires_at: 2098-01-01T00:00:00Z
    secret: [{ file: { path: changed.txt, format: raw } }]
  - project: team-a
    name: gone
    state: absent
`),
  unmade: [],
  replace: [],
  tokens: [
    {
      name: 'app',
      sinkFiles: [json('app.json')],
      as: { description: 'for the pipeline', disabled: false, expiresAt: -1 },
      made: 'always',
    },
    { name: 'backup', sinkFiles: [raw('backup.txt')], as: { disabled: true }, made: 'always' },
    {
      name: 'in-place',
      sinkFiles: [json('in-place.json')],
      // 40 days since its creation, and 45 from now.
      as: { disabled: false, duration: 85 },
      made: { as: 'in-place' },
    },
    {
      name: 'changed',
      sinkFiles: [raw('changed.txt')],
      as: { disabled: false, permissions: [{ access: [{ action: 'pull' }, { action: 'push' }] }] },
      made: { as: 'changed' },
    },
  ],
  absent: ['harbor_robot:project/team-a/gone'],
  does: [
    /^POST \/api\/v2\.0\/robots$/,
    /^PUT \/api\/v2\.0\/robots\//,
    /^PATCH \/api\/v2\.0\/robots\//,
    /^DELETE \/api\/v2\.0\/robots\//,
  ],
  live: (emulator) => robots(emulator).filter(({ name }) => name !== legacy),
  others: (emulator) => robots(emulator).filter(({ name }) => name === legacy),
};

function manifest(tokens: string): string {
  return `apiVersion: reconcile/v1
tokens:${tokens.replaceAll('\n  - ', '\n  - kind: harbor_robot\n    ')}`;
}

/** Returns all robots, by their short names. */
function robots({ harbor }: Emulator): readonly Live[] {
  return [...harbor.robots(), ...harbor.robots('team-a')].map((robot) => ({
    ...robot,
    name: robot.name.replace('team-a+', ''),
    password: robot.secret,
  }));
}
