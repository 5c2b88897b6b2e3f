/** Creates docs/images/audit.png from an example. It needs Chromium, so it is not part of npm run docs. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/reconcile.js');
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const pull = '[{ type: repository, name: app, actions: [pull] }]';
const names = Array.from({ length: 30 }, (_, index) => `service-${index + 1}`);
const tokens = names.map(
  (name, index) =>
    `        - { name: ${name}, expiryDate: "${inDays(20 + ((index * 53) % 330))}T00:00:00Z", scopes: ${pull} }`,
);
const seed = `ionos:
  registries:
    - name: team-a
      tokens:
        - { name: legacy, scopes: [{ type: repository, name: "*", actions: [pull, push, delete] }] }
${tokens.join('\n')}
docker_hub:
  users:
    - name: emulator
      tokens:
        - { token_label: laptop, scopes: [repo:admin], created_ago: 400d, last_used_ago: 180d }
        - { token_label: trial, scopes: [repo:read], expires_at: 2026-01-31T00:00:00Z, created_ago: 400d }
`;
const manifest = `apiVersion: reconcile/v1
tokens:
${names.map((name) => `  - { kind: registry_token, registry: team-a, name: ${name} }`).join('\n')}
`;

const folder = await mkdtemp(join(tmpdir(), 'reconcile-docs-'));
await writeFile(join(folder, 'seed.yaml'), seed);
await writeFile(join(folder, 'tokens.yaml'), manifest);
const emulator = spawn(process.execPath, [
  program,
  'emulator',
  '--format',
  'json',
  '--seed',
  join(folder, 'seed.yaml'),
]);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const [line] = await once(createInterface(emulator.stdout), 'line');
  const env = { PATH: process.env.PATH, ...JSON.parse(line).env };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, 'audit', '--format', 'html', 'tokens.yaml'],
    {
      cwd: folder,
      env,
    },
  );
  await writeFile(join(folder, 'audit.html'), stdout);
  const page = await browser.newPage({ viewport: { width: 900, height: 1000 } });
  await page.goto(pathToFileURL(join(folder, 'audit.html')).href);
  await page.screenshot({ path: join(root, 'docs/images/audit.png') });
} finally {
  emulator.kill();
  await browser.close();
  await rm(folder, { recursive: true });
}
