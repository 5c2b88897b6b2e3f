import { describe, expect, test, vi } from 'vitest';
import { deleteOwn } from '../../src/execute/delete-own.ts';
import type { Target } from '../../src/observe/target.ts';
import { attempt, entry, now, token } from '../core/fixtures.ts';

const evidence = { grace: 30, proofOnly: false, knownCreators: new Set<string>() };

function site(shown: ReturnType<typeof token> | undefined) {
  const remove = vi.fn(async () => undefined);
  const client = { read: async () => shown, delete: remove };
  const target = { client, scope: { id: 'registry-1' }, desired: entry({}) } as unknown as Target;
  return { remove, run: () => deleteOwn(target, attempt(), { id: 'id-1' }, { evidence }) };
}

describe('the token of an attempt is deleted again', () => {
  test.each([
    { why: 'that was created during the attempt', shown: token('id-1', 'ci', {}, { created: now - 45 }) },
    { why: 'of a service that shows no creation time', shown: token('id-1', 'ci', {}, { created: null }) },
    { why: 'that does not show yet', shown: undefined },
  ])('$why', async ({ shown }) => {
    const { remove, run } = site(shown);
    await run();
    expect(remove).toHaveBeenCalledOnce();
  });

  test.each([
    { why: 'created before the attempt', shown: token('id-1', 'ci', {}, { created: now - 86_400 }) },
    { why: 'of another name', shown: token('id-1', 'backup', {}, { created: now - 45 }) },
  ])('but not one $why, whatever the response said', async ({ shown }) => {
    const { remove, run } = site(shown);
    await expect(run()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(remove).not.toHaveBeenCalled();
  });
});
