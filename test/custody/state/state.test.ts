import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/model/secret.ts';
import { idKey } from '../../../src/core/model/token-id.ts';
import { folderWith } from '../../support/folder.ts';
import { folderState } from '../../support/folder-state.ts';
import { attempt, entry, key, made } from './records.ts';

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

async function stateFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  return join(await folderWith(files), '.reconcile');
}

describe('a state directory', () => {
  it('is not created by a read', async () => {
    const folder = await stateFolder();
    const state = await folderState(folder, false);
    expect([...state.ledger.entries()]).toEqual([]);
    expect(state.spool.entries()).toEqual([]);
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is for its owner alone, and kept out of Git', async () => {
    const folder = await stateFolder();
    const { spool, ledger } = await folderState(folder, true);
    await spool.recordAttempt(attempt);
    await ledger.update(key, () => entry);
    const spoolFolder = join(folder, 'spool');
    const [file = ''] = await readdir(spoolFolder);
    expect(await modeOf(folder)).toBe('700');
    expect(await modeOf(spoolFolder)).toBe('700');
    expect(await modeOf(join(spoolFolder, file))).toBe('600');
    expect(await modeOf(join(folder, 'custody.json'))).toBe('600');
    expect(await readFile(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('returns what was written to it', async () => {
    const folder = await stateFolder();
    const first = await folderState(folder, true);
    await first.spool.recordAttempt(attempt);
    await first.spool.made(attempt, made);
    await first.ledger.update(key, () => entry);
    const second = await folderState(folder, false);
    const [waiting] = second.spool.entries();
    expect(waiting).toMatchObject({ attempt, made: { id: 'id-1', username: 'ci' } });
    expect(waiting?.made?.secret?.reveal()).toBe('hunter2');
    expect(second.ledger.entry(key)).toEqual(entry);
    await second.spool.remove(attempt);
    expect((await folderState(folder, false)).spool.entries()).toEqual([]);
  });

  it('has a secret that was chosen for an attempt until the token has its own', async () => {
    const folder = await stateFolder();
    const { spool } = await folderState(folder, true);
    const repaired = { ...attempt, chosenSecret: new Secret('chosen-by-us'), repairId: 'id-1' };
    await spool.recordAttempt(repaired);
    const [begun] = (await folderState(folder, false)).spool.entries();
    expect(begun?.attempt.chosenSecret?.reveal()).toBe('chosen-by-us');
    expect(begun?.attempt.repairId).toBe('id-1');
    await spool.made(repaired, made);
    const [waiting] = (await folderState(folder, false)).spool.entries();
    expect(waiting?.attempt).toEqual(attempt);
    const [file = ''] = await readdir(join(folder, 'spool'));
    expect(await readFile(join(folder, 'spool', file), 'utf8')).not.toContain('chosen-by-us');
  });

  it('has no secret in its ledger', async () => {
    const folder = await stateFolder();
    const { spool, ledger } = await folderState(folder, true);
    await spool.made(attempt, made);
    await ledger.update(key, () => entry);
    expect(await readFile(join(folder, 'custody.json'), 'utf8')).not.toContain('hunter2');
  });

  it('writes changes of its ledger that come together with few writes, and loses none', async () => {
    const folder = await stateFolder();
    const { ledger } = await folderState(folder, true);
    const keys = Array.from({ length: 50 }, (_, index) => String(index).padStart(32, '0'));
    await Promise.all(keys.map((each) => ledger.update(each, () => ({ ...entry, name: each }))));
    const again = await folderState(folder, false);
    expect([...again.ledger.entries().keys()].sort()).toEqual(keys);
  });

  it('that can not be written to is an error that says so', async () => {
    const folder = await stateFolder({ '.reconcile': 'a file' });
    const { spool } = await folderState(folder, false).catch((error: unknown) => ({ spool: error }));
    expect(spool).toMatchObject({ code: 'STATE_BROKEN', hint: expect.stringContaining('--state-dir') });
  });
});

describe('granted values', () => {
  const range = { kind: 'registry_token', account: 'https://a.example' };
  const grants = { expires_at: { asked: 'never', granted: '2027-01-01T00:00:00Z' } };

  it('is kept by the ID of a token, field by field, until the token is gone', async () => {
    const folder = await stateFolder();
    const { ledger } = await folderState(folder, true);
    await ledger.update(key, () => entry);
    await ledger.recordGranted(range, 'ID-1', ['label'], { label: { asked: 'CI', granted: 'ci' } });
    await ledger.recordGranted(range, 'id-1', ['expires_at'], grants);
    await ledger.recordGranted(range, 'id-1', ['label'], {});
    const again = (await folderState(folder, true)).ledger;
    expect(again.granted(range, 'Id-1')).toEqual(grants);
    await again.forgetGranted(range, 'id-1');
    // A file of an earlier version has none, and one that needs none looks the same.
    expect(await readFile(join(folder, 'custody.json'), 'utf8')).not.toContain('granted');
    expect(again.granted(range, 'id-1')).toBeUndefined();
  });

  it('and is invalid is set aside, and the rest kept', async () => {
    const content = {
      version: 2,
      tokens: { [key]: entry },
      granted: { [idKey(range, 'id-1')]: { label: 'ci' } },
    };
    const folder = await stateFolder({ '.reconcile/custody.json': JSON.stringify(content) });
    const { ledger, problems } = await folderState(folder, true);
    expect(problems).toHaveLength(1);
    expect(ledger.entry(key)).toEqual(entry);
    expect(ledger.granted(range, 'id-1')).toBeUndefined();
  });

  it('is kept with a secret that waits', async () => {
    const folder = await stateFolder();
    const { spool } = await folderState(folder, true);
    await spool.made(attempt, { ...made, granted: grants });
    const again = (await folderState(folder, true)).spool;
    expect(again.entries()).toMatchObject([{ made: { granted: grants } }]);
  });
});

describe('files of version 1, which name members otherwise', () => {
  const { replaceOrder: order, knownIds: seen, replaces: old, ...common } = attempt;
  const attemptBefore = { ...common, order, seen, old };
  const { superseded, unresolved: _, ...entryBefore } = entry;
  const resolvedAt = 1_700_000_000;

  it('of the ledger are read, with their attempts', async () => {
    const before = {
      ...entryBefore,
      retire: superseded,
      doubts: [{ ...attemptBefore, settledAt: resolvedAt }],
    };
    const folder = await stateFolder({
      '.reconcile/custody.json': JSON.stringify({ version: 1, tokens: { [key]: before } }),
    });
    const { ledger, problems } = await folderState(folder, true);
    expect(problems).toEqual([]);
    expect(ledger.entry(key)).toEqual({ ...entry, unresolved: [{ ...attempt, resolvedAt }] });
  });

  it('of the spool are read, with their secrets', async () => {
    const { respondedAt: madeAt, secret, ...more } = made;
    const madeBefore = { ...more, madeAt, secret: secret?.reveal() ?? null };
    const folder = await stateFolder({
      [`.reconcile/spool/${key}.nonce-1.json`]: JSON.stringify({
        version: 1,
        attempt: attemptBefore,
        made: madeBefore,
      }),
    });
    const { spool, problems } = await folderState(folder, true);
    expect(problems).toEqual([]);
    expect(spool.entries()).toEqual([{ attempt, made }]);
  });

  it('are written as version 2', async () => {
    const folder = await stateFolder({
      '.reconcile/custody.json': JSON.stringify({
        version: 1,
        tokens: { [key]: { ...entryBefore, retire: superseded, doubts: [] } },
      }),
    });
    const { ledger } = await folderState(folder, true);
    await ledger.update(key, () => entry);
    const written = JSON.parse(await readFile(join(folder, 'custody.json'), 'utf8'));
    expect(written).toEqual({ version: 2, tokens: { [key]: entry }, applied: {} });
  });
});

describe('an invalid response', () => {
  const broken = {
    '.reconcile/custody.json': JSON.stringify({
      version: 2,
      tokens: { [key]: entry, bad: { name: 'ci' } },
    }),
    [`.reconcile/spool/${key}.nonce-1.json`]: '{"version":1,"attempt":{"nonce":"nonce-1"}',
    [`.reconcile/spool/${key}.nonce-2.json`]: JSON.stringify({ version: 2, attempt, made: null }),
  };

  it('of the ledger is left out and kept beside it, and the rest is used', async () => {
    const folder = await stateFolder(broken);
    const { ledger, problems } = await folderState(folder, true);
    expect([...ledger.entries().keys()]).toEqual([key]);
    expect(problems.map(({ code }) => code)).toEqual(Array(3).fill('STATE_BROKEN'));
    await ledger.update(key, () => undefined);
    const kept = (await readdir(folder)).find((name) => name.startsWith('custody.json.broken-'));
    expect(await readFile(join(folder, kept ?? ''), 'utf8')).toBe(broken['.reconcile/custody.json']);
  });

  it('of the spool is set aside, also where a file is not named as what it holds', async () => {
    const folder = await stateFolder(broken);
    const { spool } = await folderState(folder, true);
    expect(spool.entries()).toEqual([]);
    const names = await readdir(join(folder, 'spool'));
    expect(names).toHaveLength(2);
    expect(names.every((name) => name.includes('.json.broken-'))).toBe(true);
  });

  it('is only passed over by who may not write', async () => {
    const folder = await stateFolder(broken);
    const before = await readdir(join(folder, 'spool'));
    expect((await folderState(folder, false)).problems).toHaveLength(3);
    expect(await readdir(join(folder, 'spool'))).toEqual(before);
  });

  it('is a write that was cut short: it is cleaned up', async () => {
    const folder = await stateFolder();
    await mkdir(join(folder, 'spool'), { recursive: true });
    await writeFile(join(folder, 'spool', `.${key}.nonce-1.json.0123456789ab.tmp`), '{"secret":');
    const { problems } = await folderState(folder, true);
    expect(problems).toEqual([]);
    expect(await readdir(join(folder, 'spool'))).toEqual([]);
  });
});
