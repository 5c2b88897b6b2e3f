import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LedgerEntry } from '../../src/core/model/custody-record.ts';
import { familyNameOf } from '../../src/core/model/generation-name.ts';
import type { Finished } from '../support/cli.ts';
import { knownIds, recorded } from './checks.ts';
import type { FollowUp, Rotating, RotatingFamily } from './families.ts';
import { type Generation, generationsOf } from './services.ts';
import type { Sandbox, StateCapture, Write } from './state-capture.ts';

/** Each family has a generation that works, whose secret is in its sink; the ledger says so, and nothing is open. */
export async function checkFamilies({ families }: Rotating, sandbox: Sandbox): Promise<void> {
  for (const family of families) {
    const entry = await recordOf(family, sandbox);
    const secret = await secretIn(family, sandbox);
    const held = generations(family, sandbox.live()).find(({ password }) => password === secret);
    expect(held, `whose secret ${family.file} has`).toMatchObject({ enabled: true });
    expect(held?.expiry ?? Number.POSITIVE_INFINITY).toBeGreaterThan(sandbox.now());
    expect(entry).toMatchObject({ id: held?.id, name: held?.name });
    expect(entry.unresolved.filter(({ resolvedAt }) => resolvedAt === null)).toEqual([]);
  }
}

/** A run had nothing to do but to delete. */
export function checkOnlyDeleted({ stdout }: Finished): void {
  const { results } = JSON.parse(stdout) as { results: readonly Record<string, unknown>[] };
  for (const { action, warnings } of results) {
    expect(['noop', 'delete']).toContain(action);
    expect(warnings).toEqual([]);
  }
}

/** Once the overlap is over there is one generation, and nothing else is on record. */
export async function checkOneLeft({ families }: Rotating, sandbox: Sandbox): Promise<void> {
  expect(sandbox.live()).toHaveLength(families.length);
  for (const family of families) {
    expect(generations(family, sandbox.live())).toHaveLength(1);
    expect((await recordOf(family, sandbox)).superseded).toEqual([]);
  }
}

/** No token was made that was not needed, or that didn't take the place of one whose answer was lost. */
export async function checkMade(
  { families }: Rotating,
  before: readonly Generation[],
  groups: StateCapture,
  { makes }: FollowUp,
  sandbox: Sandbox,
): Promise<void> {
  const madeBefore = posts(groups.writes).length;
  // Robots whose response was lost get a secret of ours, so none takes their place.
  const isRepaired = families.every(({ kind }) => kind === 'harbor_robot');
  const lost = isRepaired ? 0 : await lostIn(groups, before);
  const needed = {
    what_is_missing: families.length - (madeBefore - lost),
    one: families.length,
    none: 0,
  };
  expect(posts(sandbox.writes())).toHaveLength(madeBefore + needed[makes]);
}

/**
 * When a generation was deleted, its sink had the secret of another one that worked; and when an old one was, of one
 * that was made since. Where nothing needs to be made since, the sink may have the newest of the old.
 */
export function checkDeletions(
  { families }: Rotating,
  before: readonly Generation[],
  { makes }: FollowUp,
  writes: readonly Write[],
): void {
  const old = new Set(before.map(({ id }) => id));
  for (const { method, target, live, held } of writes) {
    // Where another request has deleted it already, this one deletes nothing.
    if (method !== 'DELETE' || !live.some(({ id }) => id === target)) continue;
    const family = families.find((each) => generations(each, live).some(({ id }) => id === target));
    if (!family) throw new Error(`${target} was deleted, and is of no family`);
    const familyTokens = generations(family, live);
    const inSink = familyTokens.find(({ password }) => password === held.get(family.file));
    expect(inSink).toMatchObject({ enabled: true });
    expect(inSink?.id).not.toBe(target);
    const hasNew = makes !== 'none' || familyTokens.some(({ id }) => !old.has(id));
    if (old.has(target) && hasNew) expect(old).not.toContain(inSink?.id);
  }
}

/**
 * The files in which the killed run has tried whether a sink can be written, and that stay until it is: where nothing is
 * to be delivered any more.
 */
export async function triesLeft({ folder }: StateCapture, { makes }: FollowUp): Promise<readonly string[]> {
  if (makes !== 'none') return [];
  const names = (await readdir(folder)).filter((name) => /^\..+\.[0-9a-f]{12}\.tmp$/.test(name));
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return names.filter((_, index) => {
    const content = contents[index] ?? Buffer.of();
    return content.length > 0 && content.every((byte) => byte === 0);
  });
}

/** Counts the created tokens whose secret only the services know. */
async function lostIn({ folder, services }: StateCapture, before: readonly Generation[]): Promise<number> {
  const known = await knownIds(folder);
  const made = generationsOf(services).filter(({ id }) => !before.some((old) => old.id === id));
  return made.filter(({ id }) => !known.has(id)).length;
}

function posts(writes: readonly Write[]): readonly Write[] {
  return writes.filter(({ method }) => method === 'POST');
}

function generations({ kind, base }: RotatingFamily, all: readonly Generation[]): readonly Generation[] {
  return all.filter(
    (token) => token.kind === kind && (token.name === base || familyNameOf(token.name) === base),
  );
}

async function secretIn({ file }: RotatingFamily, { folder }: Sandbox): Promise<string> {
  const text = await readFile(join(folder, file), 'utf8');
  return file.endsWith('.json') ? JSON.parse(text).password : text;
}

async function recordOf({ address }: RotatingFamily, { folder }: Sandbox): Promise<LedgerEntry> {
  const entry = (await recorded(folder)).find((known) => known.address === address);
  if (!entry) throw new Error(`the ledger knows nothing of ${address}`);
  return entry;
}
