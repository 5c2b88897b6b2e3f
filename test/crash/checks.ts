import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LedgerEntry } from '../../src/core/model/custody-record.ts';
import type { Finished } from '../support/cli.ts';
import type { Fixture } from './fixture.ts';
import type { Live, Scenario } from './scenario.ts';

/** Whether a run that was killed has begun something, and may not know what came of it. */
export async function hasUnresolved(folder: string): Promise<boolean> {
  const entries = await spooled(folder, (name) => name.endsWith('.json'));
  return entries.some((text) => JSON.parse(text).made === null);
}

/** One live token an address, and its secret wherever it belongs. Gives the tokens. */
export async function checkTokens({ tokens }: Scenario, fixture: Fixture): Promise<void> {
  const live = fixture.live();
  expect(live.map(({ name }) => name).sort()).toEqual(tokens.map(({ name }) => name).sort());
  for (const { name, as, sinkFiles } of tokens) {
    const token = tokenOf(live, name);
    expect(token).toMatchObject(as);
    for (const sinkFile of sinkFiles) {
      const held = await sinkFile.read(await readFile(join(fixture.folder, sinkFile.file), 'utf8'));
      expect({ file: sinkFile.file, password: held.password }).toEqual({
        file: sinkFile.file,
        password: token.password,
      });
      if (held.id !== undefined) expect(held.id).toBe(token.id);
    }
  }
}

/** The ledger knows of these tokens and no others, and nothing is left to be done about them. */
export async function checkLedger({ tokens }: Scenario, fixture: Fixture): Promise<void> {
  const entries = await recorded(fixture.folder);
  const live = fixture.live();
  expect(
    entries
      .map(({ name, id, delivered, superseded, unresolved }) => ({
        name,
        id,
        sinks: Object.keys(delivered).sort(),
        superseded,
        open: unresolved.filter(({ resolvedAt }) => resolvedAt === null),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  ).toEqual(
    tokens
      .map(({ name, sinkFiles }) => ({
        name,
        id: tokenOf(live, name).id,
        sinks: sinkFiles.map(({ sink }) => sink).sort(),
        superseded: [],
        open: [],
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/** No secret is anywhere but where it belongs: not in the spool, not in a file that was being written. */
export async function checkLeftovers(
  folder: string,
  sinks: readonly string[],
  passwords: readonly string[],
): Promise<void> {
  expect(await spooled(folder, () => true)).toEqual([]);
  const sinkFiles = new Set(sinks);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const holding: string[] = [];
  for (const file of files.filter((path) => !sinkFiles.has(path))) {
    const text = await readFile(join(folder, file), 'utf8');
    if (passwords.some((password) => text.includes(password.slice(0, 12)))) holding.push(file);
  }
  expect(holding).toEqual([]);
  expect(files.filter((file) => !file.startsWith('.reconcile/')).sort()).toEqual(
    [...sinkFiles, 'tokens.yaml'].sort(),
  );
}

/** All of so many entries is as declared, and there is nothing to warn of. The tokens at some addresses are absent. */
export function checkPlan(
  { code, stdout, stderr }: Finished,
  entries: number,
  absent: readonly string[] = [],
): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { changes } = JSON.parse(stdout) as { changes: readonly Record<string, unknown>[] };
  expect(changes).toHaveLength(entries + absent.length);
  for (const change of changes) {
    const custody = absent.includes(String(change['address'])) ? null : 'held';
    expect(change).toMatchObject({ action: 'noop', custody, warnings: [], error: null });
  }
}

/** The same tokens as before the killed run, or others, as the scenario says. */
export function checkIdentity(
  { tokens }: Scenario,
  before: readonly Live[],
  between: readonly Live[],
  after: readonly Live[],
): void {
  for (const { name, made } of tokens) {
    const { id } = tokenOf(after, name);
    if (made === 'always') expect(before.map((token) => token.id)).not.toContain(id);
    else if (made === 'if_begun') {
      // A replace that was not begun is not finished either: it was not requested again.
      const old = tokenOf(before, name).id;
      const untouched = between.some((token) => token.id === old);
      expect(id === old).toBe(untouched);
    } else expect(id).toBe(tokenOf(before, made.as).id);
  }
}

function tokenOf(live: readonly Live[], name: string): Live {
  const token = live.find((candidate) => candidate.name === name);
  if (!token) throw new Error(`there is no token ${name}`);
  return token;
}

/** The IDs of the tokens whose secrets a run that was killed has put down, or handed over. */
export async function knownIds(folder: string): Promise<ReadonlySet<string>> {
  const waiting = (await spooled(folder, (name) => name.endsWith('.json'))).map(
    (text) => JSON.parse(text).made?.id,
  );
  return new Set([...waiting, ...(await recorded(folder)).map(({ id }) => id)]);
}

/** What the ledger says of each token. */
export async function recorded(folder: string): Promise<readonly LedgerEntry[]> {
  const { tokens } = JSON.parse(await readFile(join(folder, '.reconcile/custody.json'), 'utf8'));
  return Object.values(tokens as Record<string, LedgerEntry>);
}

async function spooled(folder: string, which: (name: string) => boolean): Promise<readonly string[]> {
  const spool = join(folder, '.reconcile', 'spool');
  const names = await readdir(spool).catch(() => []); // not yet made
  return Promise.all(names.filter(which).map((name) => readFile(join(spool, name), 'utf8')));
}
