import { expect } from 'vitest';
import type { LedgerEntry } from '../../src/core/model/custody-record.ts';
import type { Ended } from '../crash/program.ts';
import { allObjects, branchFiles, reachableObjects } from '../support/git-remote.ts';
import { encryptedMark, type Fixture } from './fixture.ts';
import type { Scenario } from './scenario.ts';

/** The run succeeded, and printed no secret. */
export function checkRun({ code, stdout, stderr }: Ended, fixture: Fixture): void {
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  expect(holdsAny(stdout + stderr, fixture.secrets())).toBe(false);
}

/** Everything is as declared. */
export function checkPlan(ended: Ended, { expected }: Scenario, fixture: Fixture): void {
  checkRun(ended, fixture);
  const { changes } = JSON.parse(ended.stdout) as { changes: readonly Record<string, unknown>[] };
  expect(changes.map(({ address }) => address).sort()).toEqual(expected.map(({ address }) => address).sort());
  for (const change of changes)
    expect(change).toMatchObject({ action: 'noop', custody: 'held', error: null });
}

/** The sink of each address has the secret of a live token, and that is the only one of the address. */
export function checkTokens({ expected }: Scenario, fixture: Fixture): void {
  checkHeld(expected, fixture);
  expect(fixture.live()).toHaveLength(expected.length);
}

/** The sink of each address has the secret of a live token. */
export function checkHeld(expected: Scenario['expected'], fixture: Fixture): void {
  for (const { address, isOf, as } of expected) {
    const held = fixture.held(address);
    const token = fixture.live().find(({ name, id }) => isOf(name) && id === held?.id);
    expect(token, `the token whose secret the sink of ${address} has`).toMatchObject({
      ...as,
      password: held?.password,
    });
  }
}

/** No object that the repository ever got, reachable or not, holds a secret in the clear. */
export async function checkNoSecret(fixture: Fixture): Promise<void> {
  const objects = await allObjects(fixture.remote);
  const leaking = objects.filter(({ content }) => holdsAny(content.toString('latin1'), fixture.secrets()));
  expect(leaking.map(({ type, content }) => `${type}: ${content}`)).toEqual([]);
}

/** The repository got secrets, encrypted. Without any, the other checks would be about nothing. */
export async function checkHadEncrypted(fixture: Fixture): Promise<void> {
  expect((await allObjects(fixture.remote)).filter(isEncrypted)).not.toEqual([]);
}

/**
 * The branch knows of the live tokens and no others, and nothing is left to be done about them. No secret can be reached from
 * any branch, even encrypted.
 */
export async function checkBranch({ expected }: Scenario, fixture: Fixture): Promise<void> {
  const files = await branchFiles(fixture.remote, fixture.branch);
  const rest = [...(files?.keys() ?? [])].filter((path) => path !== 'lock.json');
  expect(rest.sort()).toEqual(['README.md', 'custody.json']);
  const { tokens } = JSON.parse(files?.get('custody.json') ?? '') as { tokens: Record<string, LedgerEntry> };
  const entries = Object.values(tokens).map(({ id, unresolved, superseded }) => ({
    id,
    open: unresolved.filter(({ resolvedAt }) => resolvedAt === null),
    superseded,
  }));
  const ids = expected.map(({ address }) => fixture.held(address)?.id);
  expect(entries.sort(byId)).toEqual(ids.map((id) => ({ id, open: [], superseded: [] })).sort(byId));
  expect((await reachableObjects(fixture.remote)).filter(isEncrypted).map(({ id }) => id)).toEqual([]);
}

/** No run holds the state. */
export async function checkReleased(fixture: Fixture): Promise<void> {
  expect(await isHeld(fixture)).toBe(false);
}

/** Tells whether a run holds the state, or has vanished while it did. */
export async function isHeld({ remote, branch }: Fixture): Promise<boolean> {
  return (await branchFiles(remote, branch))?.has('lock.json') ?? false;
}

function byId(one: { readonly id?: unknown }, other: { readonly id?: unknown }): number {
  return String(one.id) < String(other.id) ? -1 : 1;
}

function isEncrypted({ content }: { readonly content: Buffer }): boolean {
  return content.includes(encryptedMark);
}

function holdsAny(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => text.includes(secret) || text.includes(base64(secret)));
}

/** Returns the part of a secret's Base64 form that doesn't depend on what follows. */
function base64(secret: string): string {
  return Buffer.from(secret).toString('base64').slice(0, -4);
}
