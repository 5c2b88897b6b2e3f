import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const script = (name: string) => import(new URL(`scripts/${name}`, root).href);

test('the screenshot of the audit page shows the page as it is now', async () => {
  const { auditPage } = await script('audit-example.mjs');
  const { screenshot } = await script('audit-screenshot.mjs');
  const existing = await readFile(new URL('docs/images/audit.png', root));
  const html: string = await auditPage();
  const isFresh = existing.equals(await screenshot(existing, html, true));
  expect(isFresh, 'docs/images/audit.png is stale: run npm run docs').toBe(true);
  const other: Buffer = await screenshot(existing, html.replace('Findings', 'Others'), true);
  expect(other).toHaveLength(0);
});
