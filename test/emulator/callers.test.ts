import { describe, expect, test } from 'vitest';
import { ApiError } from '../../src/emulator/index.ts';
import { createTeamEmulator } from './fixtures.ts';

describe('the actor of a request', () => {
  test.each([
    ['Bearer emulator', 'emulator'],
    [`Basic ${btoa('emulator:emulator')}`, 'emulator'],
    ['Bearer emulator-other', 'other'],
    [`Basic ${btoa('other:other')}`, 'other'],
  ])('%s is %s', async (authorization, user) => {
    const { post, listed } = createTeamEmulator();
    await post('ci', {}, authorization);
    expect((await listed())[0]?.metadata).toMatchObject({ createdBy: user, lastModifiedBy: null });
  });

  test('each user has an ID, whose tokens and changes show it', async () => {
    const { create, call, read } = createTeamEmulator();
    const { id, metadata } = await create('ci');
    await call('PATCH', `/${id}`, { status: 'disabled' }, 'Bearer emulator-other');
    const after = (await read(id)).metadata;
    expect(after).toMatchObject({ createdBy: 'emulator', lastModifiedBy: 'other' });
    expect(after['createdByUserId']).toBe(metadata['createdByUserId']);
    expect(after['lastModifiedByUserId']).toMatch(/^[0-9a-f-]{36}$/);
    expect(after['lastModifiedByUserId']).not.toBe(after['createdByUserId']);
  });
});

describe('a second actor', () => {
  test('makes, changes and deletes tokens by the rules for all', async () => {
    const { emulator, read, live, advance } = createTeamEmulator();
    const { id } = emulator.createAs('somebody', 'team-a', { name: 'ci' });
    advance(1_000);
    emulator.patchAs('anybody', 'team-a', id, { status: 'disabled' });
    expect(await read(id)).toMatchObject({
      metadata: {
        createdBy: 'somebody',
        createdDate: '2030-01-01T00:00:00Z',
        lastModifiedBy: 'anybody',
        lastModifiedDate: '2030-01-01T00:00:01Z',
      },
      properties: { name: 'ci', status: 'disabled', expiryDate: null, scopes: [] },
    });
    expect(() => emulator.createAs('somebody', 'team-a', { name: 'ci' })).toThrow(ApiError);
    emulator.deleteAs('team-a', id);
    expect(live()).toEqual([]);
    expect(() => emulator.deleteAs('team-a', id)).toThrow(ApiError);
    expect(() => emulator.createAs('somebody', 'nowhere', { name: 'ci' })).toThrow('nowhere');
    expect(emulator.requests).toHaveLength(1);
  });

  test('is seen as late as all else', async () => {
    const { emulator, names, advance } = createTeamEmulator({ quirks: { listLag: 5_000 } });
    emulator.createAs('somebody', 'team-a', { name: 'ci' });
    expect(await names()).toEqual([]);
    advance(5_000);
    expect(await names()).toEqual(['ci']);
  });
});
