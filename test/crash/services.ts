import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';

/** The registry and the user whose tokens the families are. */
const registry = 'team-a';
const user = 'emulator';

const { registries: emptyRegistries } = parseSeed(`ionos: { registries: [{ name: ${registry} }] }`);

/** The kinds of the rotating tokens. */
export type FamilyKind = 'registry_token' | 'docker_hub_personal_token' | 'harbor_robot';

/** A token of any service. */
export interface Generation {
  readonly kind: FamilyKind;
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly created: number;
  /** Milliseconds since 1970; `null` where it never ends. */
  readonly expiry: number | null;
  readonly enabled: boolean;
}

/** Creates the services with tokens of these plain names, by kind. */
export function createServices(
  names: Readonly<Record<FamilyKind, readonly string[]>>,
  now: () => number,
): Emulator {
  const tokens = names.registry_token.map((name) => `{ name: ${name} }`);
  const personal = names.docker_hub_personal_token.map(
    (name) => `{ token_label: ${name}, scopes: [repo:read] }`,
  );
  const robots = names.harbor_robot.map((name) => `{ name: ${name} }`);
  return createEmulator({
    now,
    seed: parseSeed(`
harbor: { projects: [{ name: ${registry}, robots: [${robots}] }] }
ionos: { registries: [{ name: ${registry}, tokens: [${tokens}] }] }
docker_hub: { users: [{ name: ${user}, tokens: [${personal}] }] }`),
  });
}

/** Returns an independent copy of the services. */
export function copyOf(original: Emulator, now: () => number): Emulator {
  const tokens = original.tokens(registry);
  const personal = original.hub.personalTokens(user);
  const robots = original.harbor.robots(registry);
  const copy = createEmulator({
    now,
    seed: {
      registries: emptyRegistries.map((empty) => ({
        ...empty,
        tokens: tokens.map((token) => ({ ...token, expiryDate: null })),
      })),
      harbor: {
        projects: [{ name: registry, robots: robots.map(({ id, name }) => ({ id: Number(id), name })) }],
      },
      dockerHub: {
        users: [
          {
            ...{ name: user, password: user, totp: null, sso: false },
            tokens: personal.map(({ id, label }) => ({ id, label })),
          },
        ],
      },
    },
  });
  // A seed doesn't say all that a token has become.
  for (const token of copy.tokens(registry))
    Object.assign(
      token,
      tokens.find(({ id }) => id === token.id),
    );
  for (const token of copy.hub.personalTokens(user))
    Object.assign(
      token,
      personal.find(({ id }) => id === token.id),
    );
  for (const robot of copy.harbor.robots(registry))
    Object.assign(
      robot,
      robots.find(({ id }) => id === robot.id),
    );
  return copy;
}

/** Returns all live tokens. */
export function generationsOf(services: Emulator): readonly Generation[] {
  return [
    ...services
      .tokens(registry)
      .map((token) => ({ ...token, kind: 'registry_token' as const, enabled: token.status === 'enabled' })),
    ...services.hub.personalTokens(user).map((token) => ({
      ...token,
      kind: 'docker_hub_personal_token' as const,
      name: token.label,
      password: token.secret,
      enabled: token.active,
    })),
    ...services.harbor.robots(registry).map((robot) => ({
      kind: 'harbor_robot' as const,
      id: robot.id,
      name: robot.name.slice(registry.length + 1),
      password: robot.secret,
      created: robot.created,
      expiry: robot.expiresAt === -1 ? null : robot.expiresAt * 1000,
      enabled: !robot.disabled,
    })),
  ];
}
