import { describe, expect, test } from 'vitest';
import { environmentConnection, resolveCredentials } from '../../src/app/credentials.ts';
import type { ConnectionSpec } from '../../src/core/model/desired.ts';
import { dockerHubInfo } from '../../src/providers/docker-hub/service.ts';
import { registryToken } from '../../src/providers/ionos/registry-token.ts';
import { services } from '../../src/providers/registry.ts';

const ionos = registryToken.service;

type Environment = Readonly<Record<string, string>>;

const resolve = (env: Environment, spec: ConnectionSpec = environmentConnection, service = ionos) =>
  resolveCredentials(service, spec, env, false);

describe('a credential with extra characters is rejected, and its variable named', () => {
  const mistakes = [
    {
      what: 'a blank at its end',
      of: (value: string) => `${value} `,
      says: /begins or ends with white space/,
    },
    { what: 'a line break at its end', of: (value: string) => `${value}\n`, says: /white space/ },
    { what: 'a tab before it', of: (value: string) => `\t${value}`, says: /white space/ },
    { what: 'a blank that does not break', of: (value: string) => `${value}\u00a0`, says: /white space/ },
    { what: 'double quotes around it', of: (value: string) => `"${value}"`, says: /is in quotes/ },
    { what: 'single quotes around it', of: (value: string) => `'${value}'`, says: /is in quotes/ },
    { what: 'typographic quotes around it', of: (value: string) => `“${value}”`, says: /typographic quotes/ },
    { what: 'Bearer before it', of: (value: string) => `Bearer ${value}`, says: /begins with "Bearer "/ },
    { what: 'bearer before it', of: (value: string) => `bearer ${value}`, says: /begins with "Bearer "/ },
  ];
  const variables = [
    { name: 'IONOS_TOKEN', service: ionos, others: {} },
    { name: 'IONOS_USERNAME', service: ionos, others: { IONOS_PASSWORD: 'p' } },
    { name: 'IONOS_PASSWORD', service: ionos, others: { IONOS_USERNAME: 'u' } },
    { name: 'DOCKER_HUB_TOKEN', service: dockerHubInfo, others: {} },
    { name: 'DOCKER_PASSWORD', service: dockerHubInfo, others: { DOCKER_USERNAME: 'u' } },
    {
      name: 'DOCKER_HUB_TOTP',
      service: dockerHubInfo,
      others: { DOCKER_HUB_USERNAME: 'u', DOCKER_HUB_PASSWORD: 'p' },
    },
  ];
  const rows = variables.flatMap((variable) => mistakes.map((mistake) => ({ ...variable, ...mistake })));

  test.each(rows)('$name with $what', async ({ name, service, others, of, says }) => {
    const value = of('hunter2');
    const refused = resolve({ ...others, [name]: value }, environmentConnection, service);
    await expect(refused).rejects.toMatchObject({ code: 'AUTH', message: expect.stringMatching(says) });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(name) });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') });
  });

  test('also what a manifest refers to', async () => {
    const spec = { ...environmentConnection, token: '${env:MINE}' };
    await expect(resolve({ MINE: 'Bearer x' }, spec)).rejects.toMatchObject({
      code: 'AUTH',
      message: expect.stringMatching(/^token can't be used/),
    });
  });

  test.each(['pass word', "it's", '"', 'bearer', 'a"b', 'Bearerx'])('not %j', async (password) => {
    const { login } = await resolve({ IONOS_USERNAME: 'u', IONOS_PASSWORD: password });
    expect(login).toMatchObject({ password });
  });
});

describe('a Docker ID', () => {
  test.each([
    {
      given: 'Acme',
      sent: 'acme',
      notes: [expect.stringMatching(/^DOCKER_HUB_USERNAME has upper-case letters/)],
    },
    { given: 'acme', sent: 'acme', notes: [] },
    { given: 'Ann@Example.com', sent: 'Ann@Example.com', notes: [] },
  ])('$given is sent as $sent', async ({ given, sent, notes }) => {
    const env = { DOCKER_HUB_USERNAME: given, DOCKER_HUB_PASSWORD: 'p' };
    const resolved = await resolve(env, environmentConnection, dockerHubInfo);
    expect(resolved.login).toMatchObject({ username: sent });
    expect(resolved.notes).toEqual(notes);
  });

  test('is no user name of IONOS, which may have any letters', async () => {
    const { login } = await resolve({ IONOS_USERNAME: 'Ann', IONOS_PASSWORD: 'p' });
    expect(login).toMatchObject({ username: 'Ann' });
  });
});

describe("an address that can't be used is rejected before any request, and its variable named", () => {
  const mistakes = [
    { value: 'http://127.0.0.1:99999', says: 'its port is not a number from 1 to 65535' },
    { value: 'https://', says: 'it is not a URL' },
    { value: 'ftp://127.0.0.1', says: 'it is neither https nor http' },
  ];
  const rows = services.flatMap(({ info }) =>
    mistakes.map((mistake) => ({ info, name: info.variables.apiUrl, ...mistake })),
  );

  test.each(rows)('$name=$value', async ({ info, name, value, says }) => {
    await expect(resolve({ [name]: value }, environmentConnection, info)).rejects.toMatchObject({
      code: 'USAGE',
      message: `${name} can't be used: ${says}`,
      hint: expect.stringMatching(/^set it to an address like https:\/\//),
    });
  });
});
