import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { digestOf, sourceOf, withSource } from './png-source.mjs';

const viewport = { width: 1120, height: 1160 };

/**
 * Returns a screenshot of a page. It stays as it is if it shows that page, which it tells by the digest of the page in its
 * metadata: fonts differ between machines, so pixels can't be compared.
 *
 * @param {Buffer} existing the screenshot so far
 * @param {string} html
 * @param {boolean} isCheck return an empty image instead of a new screenshot, which needs Chromium
 */
export async function screenshot(existing, html, isCheck) {
  const digest = digestOf(`${viewport.width}x${viewport.height}\n${html}`);
  if (sourceOf(existing) === digest) return existing;
  return isCheck ? Buffer.alloc(0) : withSource(await capture(html), digest);
}

async function capture(html) {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-docs-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const file = join(folder, 'audit.html');
    await writeFile(file, html);
    const page = await browser.newPage({ viewport, colorScheme: 'light' });
    await page.goto(pathToFileURL(file).href);
    return await page.screenshot();
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}
