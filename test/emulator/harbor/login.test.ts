import { expect, test } from 'vitest';
import { basic, harbor, host, projectRobot, projects } from './fixtures.ts';

async function tags(service: ReturnType<typeof harbor>, repository: string, as: readonly [string, string]) {
  const request = new Request(`${host}/v2/${repository}/tags/list`, {
    headers: { authorization: basic(as) },
  });
  return (await service.emulator.fetch(request)).status;
}

test('a robot logs in at the common registry endpoint, and pulls what it has rights to', async () => {
  const service = harbor();
  const { name, secret } = await service.create(projectRobot('ci'));
  expect(await service.login(name, secret)).toBe(200);
  expect(await service.login('ci', secret)).toBe(401);
  expect(await tags(service, 'team-a/app', [name, secret])).toBe(200);
  expect(await tags(service, 'team-b/app', [name, secret])).toBe(403);
  expect(await tags(service, 'team-x/app', [name, secret])).toBe(403);
});

test.each([
  ['disabled', 'disable: true'],
  ['expired', 'duration: 30, created_ago: 30d'],
])('a robot that is %s does not log in', async (_, field) => {
  const service = harbor({
    seed: `{ ${projects}, robots: [{ name: ci, secret: Secret12, ${field} }, { name: on, secret: Secret12 }] }`,
  });
  expect(await service.login('robot$ci', 'Secret12')).toBe(401);
  expect(await service.login('robot$on', 'Secret12')).toBe(200);
});
