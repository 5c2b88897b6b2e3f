import { HarborClient } from '@hapic/harbor';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts';
import { type Served, serve } from '../../../src/emulator/serve.ts';
import { permission } from './fixtures.ts';

let emulator: Emulator;
let served: Served;
let client: HarborClient;

beforeEach(async () => {
  emulator = createEmulator({
    seed: { registries: [], harbor: { projects: [{ name: 'team-a' }, { name: 'team-b' }] } },
  });
  served = await serve(emulator, { port: 0 });
  client = new HarborClient({
    connectionOptions: { host: `${served.url}/api/v2.0/`, user: 'emulator', password: 'emulator' },
  });
});

afterEach(() => served.close());

/** A right that the types of the client allow. */
const permissions = [
  {
    kind: 'project' as const,
    namespace: 'team-a',
    access: [{ resource: 'repository' as const, action: 'pull' as const }],
  },
];

test('another client creates, reads, updates, renews and deletes a robot', async () => {
  const { id, name, secret } = await client.robot.create({ name: 'ci', permissions });
  expect(name).toBe('robot$ci');
  expect(secret).toBe(emulator.harbor.robots()[0]?.secret);

  const robot = await client.robot.getOne(id);
  expect(robot).toMatchObject({ name, level: 'system', duration: -1, disable: false });
  expect(robot.permissions).toEqual([permission('team-a', 'repository:pull')]);

  await client.robot.update(id, { ...robot, description: 'builds', disable: true });
  expect(await client.robot.getOne(id)).toMatchObject({ description: 'builds', disable: true });

  const renewed = await client.robot.updateSecret(id);
  expect(renewed.secret).toMatch(/^[a-zA-Z0-9]{32}$/);
  expect(renewed.secret).not.toBe(secret);
  await client.robot.updateSecret(id, 'Chosen12');
  expect(emulator.harbor.robots()[0]?.secret).toBe('Chosen12');

  await client.robot.delete(id);
  expect(emulator.harbor.robots()).toEqual([]);
  await expect(client.robot.getOne(id)).rejects.toMatchObject({ response: { status: 404 } });
});

test('another client lists robots page by page, and the projects', async () => {
  for (const name of ['one', 'two', 'three']) await client.robot.create({ name, permissions });
  const page = await client.robot.getMany({ query: { page: 2, page_size: 2 } });
  expect(page.data.map(({ name }) => name)).toEqual(['robot$two']);
  expect(page.meta).toEqual({ total: 3 });
  const { data } = await client.robot.getMany({ query: { q: { name: '~o' } } });
  expect(data.map(({ name }) => name)).toEqual(['robot$one', 'robot$two']);

  expect((await client.project.getAll()).data.map(({ name }) => name)).toEqual(['team-a', 'team-b']);
  expect(await client.project.getOne('team-b', true)).toMatchObject({ project_id: 2 });
});
