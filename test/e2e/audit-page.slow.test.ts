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
const labels = [
  evil,
  '</script><script>alert(2)</script>',
  '"quoted" & \'both\'',
  'x'.repeat(90),
  '漢字のとても長い名前のトークンです本番環境用レジストリ',
  'production-frankfurt-payment-gateway-pipeline/of.all_services',
];
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
${labels.map((label) => `        - { token_label: ${JSON.stringify(label)}, scopes: [repo:admin] }\n`).join('')}harbor:
  projects: [{ name: team-a, robots: [{ name: trial, duration: 30, created_ago: 40d }] }]
  robots: [{ name: mirror, permissions: [{ namespace: "*", access: [repository:push, repository:delete] }] }]
gitlab:
  projects:
    - path: team-a/application/container-images
      access_tokens:
        - { name: continuous-integration, scopes: [api], access_level: maintainer, expires_in: 20d }
${[1, 2, 3, 4, 5].map((index) => `        - { name: same-${index}, scopes: [read_registry], expires_in: 200d }\n`).join('')}`;

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
  const env = { ...emulator.env, ...emulator.hubEnv, ...emulator.harborEnv, ...emulator.gitlabEnv };
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
    expect(await shown(page)).toEqual([
      expect.stringMatching(/continuous-integration$/),
      'registry_token:team-a/soon',
    ]);
    expect(await page.getByRole('status').textContent()).toBe(`2 of ${all} shown`);
    await page.getByLabel('Severity').selectOption('low');
    expect(await shown(page)).toEqual([]);
    await page.close();
  });

  test.each([
    { width: 380, colorScheme: 'light' as const },
    { width: 380, colorScheme: 'dark' as const },
    { width: 800, colorScheme: 'light' as const },
    { width: 800, colorScheme: 'dark' as const },
    { width: 1200, colorScheme: 'light' as const },
    { width: 1200, colorScheme: 'dark' as const },
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
    expect(await page.locator('.filters label:visible').count()).toBe(0);
    expect(await page.locator('tbody tr:visible').count()).toBeGreaterThan(5);
    await page.close();
  });

  test('is printed in black on white, with the number of findings that a filter leaves, and without buttons', async () => {
    const { page } = await opened({ viewport: { width: 718, height: 1000 }, colorScheme: 'dark' });
    await page.getByLabel('Rule').selectOption('expiring');
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.getByRole('status').textContent()).toMatch(/^2 of \d+ shown$/);
    expect(await page.locator('button:visible, input:visible, select:visible').count()).toBe(0);
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });

  test.each([380, 800, 1088, 1200])('breaks no word and no identifier at %i pixels', async (width) => {
    const { page } = await opened({ viewport: { width, height: 800 } });
    expect(await page.locator('tbody .word').count()).toBeGreaterThan(50);
    expect(await page.evaluate(brokenWords)).toEqual([]);
    await page.close();
  });

  test.each([380, 800, 1200])('has a chart with readable labels at %i pixels', async (width) => {
    const { page } = await opened({ viewport: { width, height: 800 } });
    const labels = (await page.evaluate(chartLabels)) as readonly ChartLabel[];
    expect(labels.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['0', '2', expect.stringMatching(/^\d{4}-\d{2}$/)]),
    );
    for (const { size, left, right } of labels) {
      expect(size).toBeGreaterThanOrEqual(11);
      expect(size).toBeLessThanOrEqual(16);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(width);
    }
    const months = labels.filter(({ text }) => text.length > 4);
    for (const [index, { left }] of months.entries()) {
      if (index > 0) expect(left).toBeGreaterThan(months[index - 1]?.right ?? 0);
    }
    await page.close();
  });

  test.each([380, 800])(
    'has cards without empty cells at %i pixels, which are rows all the same',
    async (width) => {
      const { page } = await opened({ viewport: { width, height: 800 } });
      const rows = await page.locator('tbody tr').count();
      expect(await page.locator('td:empty').count()).toBeGreaterThan(0);
      expect(await page.locator('td:empty:visible').count()).toBe(0);
      expect(await page.getByRole('row').count()).toBe(rows + 1);
      expect(await page.getByRole('columnheader').count()).toBe(5);
      await page.close();
    },
  );

  test.each([380, 1200])('can be used by the keyboard alone at %i pixels', async (width) => {
    const { page } = await opened({ viewport: { width, height: 800 } });
    const focused: unknown[] = [];
    for (let index = 0; index < 8; index += 1) {
      await page.keyboard.press('Tab');
      focused.push(await page.evaluate('document.activeElement.id || document.activeElement.textContent'));
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).toBe('solid');
      if (index === 0) await page.keyboard.type('team-a');
      if (index === 1) await page.keyboard.type('high');
      if (index === 5) await page.keyboard.press('Space');
    }
    expect(focused).toEqual([
      'text',
      'severity',
      'rule',
      'Severity',
      'Rule',
      'Token',
      'Finding',
      'Declared at',
    ]);
    const tokens = await shown(page);
    expect(tokens.length).toBeGreaterThan(5);
    expect(tokens).toEqual(tokens.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    for (const token of tokens) expect(token).toContain('team-a');
    const severities = await page.locator('tbody tr:visible td:first-child').allTextContents();
    expect(new Set(severities)).toEqual(new Set(['high']));
    await page.close();
  });

  test('shows what comes next, and has a text alternative', async () => {
    const { page } = await opened();
    expect(await page.locator('main ol li').allTextContents()).toEqual([
      expect.stringContaining('registry_token:team-a/soon expires'),
      expect.stringContaining('continuous-integration expires'),
      ...[1, 2, 3, 4].map((index) => expect.stringContaining(`same-${index} expires`)),
    ]);
    expect(await page.getByRole('img').getAttribute('aria-label')).toMatch(
      /7 within a year, at most 5 in a week/,
    );
    expect(await page.getByRole('table', { name: 'Findings' }).count()).toBe(1);
    await page.close();
  });
});

/** Runs in the page: the words of the table that take more than one line, except for those marked as too long. */
const brokenWords = `(() => {
  const broken = [];
  const walker = document.createTreeWalker(document.querySelector('table'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest('.long')) continue;
    for (const match of node.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(match[0]);
    }
  }
  return broken;
})()`;

interface ChartLabel {
  readonly text: string;
  readonly size: number;
  readonly left: number;
  readonly right: number;
}

/** Runs in the page: the labels of the chart that are shown, with the size of their font on the screen. */
const chartLabels = `[...document.querySelectorAll('svg text')]
  .filter((label) => getComputedStyle(label).display !== 'none')
  .map((label) => {
    const { left, right } = label.getBoundingClientRect();
    const size = label.getScreenCTM().a * parseFloat(getComputedStyle(label).fontSize);
    return { text: label.textContent, size, left, right };
  })`;

const order: readonly (string | null)[] = ['low', 'medium', 'high'];
