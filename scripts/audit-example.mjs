import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../dist/reconcile.js', import.meta.url));
const clock = new URL('fixed-clock.mjs', import.meta.url).href;
const start = '2027-01-04T08:00:00Z';
const inDays = (days) => `${new Date(Date.parse(start) + days * 86_400_000).toISOString().slice(0, 19)}Z`;
const uuid = (index) => `8f2b5c1e-3a47-4d0b-9c55-${String(index).padStart(12, '0')}`;
const pull = '[{ type: repository, name: app, actions: [pull] }]';
const services = ['billing', 'catalog', 'checkout', 'gateway', 'identity', 'mailer', 'orders', 'search'];
const names = services.flatMap((service) => ['ci', 'cluster', 'mirror'].map((user) => `${service}-${user}`));
const tokens = names.map(
  (name, index) =>
    `        - { id: ${uuid(index + 2)}, name: ${name}, expiryDate: "${inDays(20 + ((index * 53) % 330))}", scopes: ${pull} }`,
);
/** Rotating tokens: their ages in days, and the intervals of their rotations. */
const generations = Object.entries({
  deploy: [50, 60],
  mirror: [30, 90],
  scanner: [40, 180],
  backup: [20, 300],
}).map(([name, [age, every]], index) => {
  const mark = inDays(-age).slice(0, 16).replaceAll(/\D/g, '');
  const fields = 'scopes: [read_registry], access_level: reporter';
  return {
    seeded: `        - { id: ${12 + index}, name: ${name}-${mark}, ${fields}, created_ago: ${age}d, expires_in: ${every + 30 - age}d }`,
    declared: `  - kind: gitlab_access_token
    project: team-a/app
    name: ${name}
    ${fields.replace(', ', '\n    ')}
    rotate: { every: ${every}d, lifetime: ${every + 30}d, overlap: 48h }
    secret: [{ file: { path: ${name}.json } }]`,
  };
});
const seed = `ionos:
  registries:
    - id: ${uuid(0)}
      name: team-a
      tokens:
        - { id: ${uuid(1)}, name: legacy, scopes: [{ type: repository, name: "*", actions: [pull, push, delete] }] }
${tokens.join('\n')}
docker_hub:
  users:
    - name: emulator
      tokens:
        - { uuid: ${uuid(90)}, token_label: laptop, scopes: [repo:admin], created_ago: 400d, last_used_ago: 180d }
        - { uuid: ${uuid(91)}, token_label: trial, scopes: [repo:read], expires_at: "${inDays(-9)}", created_ago: 400d }
harbor:
  projects:
    - name: team-a
      robots: [{ id: 7, name: build, duration: 90, access: [repository:pull, repository:push], created_ago: 80d }]
gitlab:
  projects:
    - path: team-a/app
      access_tokens:
${generations.map(({ seeded }) => seeded).join('\n')}
`;
const manifest = `apiVersion: reconcile/v1
tokens:
${names.map((name) => `  - { kind: registry_token, registry: team-a, name: ${name} }`).join('\n')}
  - { kind: harbor_robot, project: team-a, name: build, access: [repository:pull, repository:push] }
${generations.map(({ declared }) => declared).join('\n')}
`;

/** Returns the page of an audit of an example. It is the same on all machines and at any time. */
export async function auditPage() {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-docs-'));
  const env = { PATH: process.env.PATH, RECONCILE_DOCS_NOW: start };
  const args = (...of) => ['--import', clock, program, ...of];
  await writeFile(join(folder, 'seed.yaml'), seed);
  await writeFile(join(folder, 'tokens.yaml'), manifest);
  const emulator = spawn(
    process.execPath,
    args('emulator', '--port', '0', '--format', 'json', '--seed', join(folder, 'seed.yaml')),
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const [line] = await once(createInterface(emulator.stdout), 'line');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      args('audit', '--format', 'html', 'tokens.yaml'),
      { cwd: folder, env: { ...env, ...JSON.parse(line).env } },
    );
    return stdout;
  } finally {
    emulator.kill();
    await rm(folder, { recursive: true });
  }
}
