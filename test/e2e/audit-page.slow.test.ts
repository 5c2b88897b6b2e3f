import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reconcile } from '../support/cli.ts';
import { servedEmulator } from '../support/emulator.ts';
import { folderWith } from '../support/folder.ts';

const evil = '<img src=x onerror=alert(1)>';
const labels = [evil, '</script><script>alert(2)</script>', '"quoted" & \'both\'', 'x'.repeat(90)];
const seed = `
ionos:
  registries:
    - name: team-a
      tokens:
        - { name: all, scopes: [{ type: repository, name: "*", actions: [delete] }] }
        - { name: soon, expiryDate: "${new Date(Date.now() + 86_400_000 * 9).toISOString()}", scopes: [] }
docker_hub:
  users:
    - name: emulator
      tokens:
${labels.map((label) => `        - { token_label: ${JSON.stringify(label)}, scopes: [repo:admin] }\n`).join('')}`;

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
}, 60_000);
afterAll(() => browser.close());

/** The page of an audit, opened from a file, and what goes wrong with it. */
async function opened(options: Parameters<Browser['newPage']>[0] = {}) {
  const emulator = await servedEmulator(seed);
  const cwd = await folderWith({
    'tokens.yaml':
      'apiVersion: reconcile/v1\ntokens: [{ kind: registry_token, registry: team-a, name: soon }]\n',
  });
  const env = { ...emulator.env, ...emulator.hubEnv };
  const { code, stdout } = await reconcile(['audit', '--format', 'html'], { cwd, env });
  expect(code).toBe(0);
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-page-'));
  await writeFile(join(folder, 'audit.html'), stdout);
  const page = await browser.newPage(options);
  const troubles: string[] = [];
  const requested: string[] = [];
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => troubles.push(message.text()));
  page.on('dialog', (dialog) => troubles.push(dialog.message()));
  page.on('request', (request) => requested.push(request.url()));
  const url = pathToFileURL(join(folder, 'audit.html')).href;
  await page.goto(url);
  await rm(folder, { recursive: true });
  return { page, troubles, requested, url };
}

/** The tokens of the rows that are shown, from above. */
function shown(page: Page): Promise<readonly string[]> {
  return page.locator('tbody tr:visible td:nth-child(3) code').allTextContents();
}

describe('the page of an audit', () => {
  test('asks for nothing from elsewhere, has no error, and shows names as text', async () => {
    const { page, troubles, requested, url } = await opened();
    expect(await shown(page)).toContain(`docker_hub_personal_token:${evil}`);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
    expect({ troubles, requested }).toEqual({ troubles: [], requested: [url] });
    await page.close();
  });

  test('allows no script and no style but its own', async () => {
    const { page, troubles } = await opened();
    // Nothing that gets into the page by whatever way does anything.
    await page.evaluate(`
      document.body.insertAdjacentHTML('beforeend', '<img src="https://example.com/x" onerror="window.done = true">');
      const script = document.createElement('script');
      script.textContent = 'window.done = true';
      document.body.append(script);
    `);
    expect(await page.evaluate('window.done')).toBeUndefined();
    expect(troubles.length).toBeGreaterThanOrEqual(2);
    for (const trouble of troubles) expect(trouble).toContain('Content Security Policy');
    await page.close();
  });

  test('is sorted by a click and by the keyboard, and says how', async () => {
    const { page } = await opened();
    const head = page.locator('th', { hasText: 'Token' });
    await head.getByRole('button').click();
    const ascending = await shown(page);
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    expect(ascending).toEqual(ascending.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect((await shown(page)).at(0)).toBe(ascending.at(-1));
    await page.locator('th', { hasText: 'Severity' }).getByRole('button').click();
    expect(await head.getAttribute('aria-sort')).toBeNull();
    const severities = await page
      .locator('tbody tr')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-severity')));
    expect(severities).toEqual(severities.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    await page.close();
  });

  test('is filtered by text, severity and rule, and says how much is shown', async () => {
    const { page } = await opened();
    const all = await page.locator('tbody tr').count();
    await page.getByLabel('Text').fill('IMG');
    expect((await shown(page)).length).toBeGreaterThan(0);
    for (const token of await shown(page)) expect(token).toContain('<img');
    await page.getByLabel('Text').fill('');
    await page.getByLabel('Rule').selectOption('expiring');
    expect(await shown(page)).toEqual(['registry_token:team-a/soon']);
    expect(await page.getByRole('status').textContent()).toBe(`1 of ${all} shown`);
    await page.getByLabel('Severity').selectOption('low');
    expect(await shown(page)).toEqual([]);
    await page.close();
  });

  test.each([
    { width: 380, colorScheme: 'light' as const },
    { width: 380, colorScheme: 'dark' as const },
    { width: 1280, colorScheme: 'dark' as const },
  ])('fits $width pixels, in $colorScheme', async ({ width, colorScheme }) => {
    const { page, troubles } = await opened({ viewport: { width, height: 800 }, colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(back).toBe(colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)');
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('can be printed, and read without its script', async () => {
    const { page } = await opened({ javaScriptEnabled: false });
    expect(await page.locator('tbody tr:visible').count()).toBeGreaterThan(5);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.filters').isVisible()).toBe(false);
    expect(await page.locator('tbody tr:visible').count()).toBeGreaterThan(5);
    await page.close();
  });

  test('shows what comes next, and has a text alternative', async () => {
    const { page } = await opened();
    expect(await page.locator('main ol li').allTextContents()).toEqual([
      expect.stringContaining('registry_token:team-a/soon expires'),
    ]);
    expect(await page.getByRole('img').getAttribute('aria-label')).toMatch(/1 within a year/);
    expect(await page.getByRole('table', { name: 'Findings' }).count()).toBe(1);
    await page.close();
  });
});

const order: readonly (string | null)[] = ['low', 'medium', 'high'];
