import type { SeedOrganization } from '../../../src/emulator/seed.ts';
import { apiUrl, env, mainUser, type ShownHub, withoutSecret } from './hub.ts';
import { type MadeToken, parsed, type ServiceIn } from './service.ts';

/** The organization that all is about. */
export const organization = 'acme';

/** How it is there from the start. */
export const seedOrganization: SeedOrganization = {
  name: organization,
  owners: [mainUser, 'other'],
  limit: 100,
  repositories: null,
  tokens: [],
};

interface Shown extends ShownHub {
  readonly id: string;
  readonly label: string;
}

/** Tokens of an organization: labels may repeat, lists show little, and only evidence tells who has made one. */
export const organizational: ServiceIn = ({ hub }) => ({
  uniqueNames: false,
  provesOwner: false,
  // That of the subscription of an organization; what the emulator allows is not to be in the way.
  quota: 10,
  env,
  pathOf: (url) => url.slice(apiUrl.length).replace(`/v2/orgs/${organization}/access-tokens`, '/tokens'),
  nameIn: (body) => (JSON.parse(body) as Partial<Shown>).label,
  shown: (text) => {
    const body = parsed(text) as Shown | undefined;
    return body && made(body);
  },
  listed: (text) => (JSON.parse(text) as { results: readonly Shown[] }).results.map(made),
  withoutSecret,
  live: () =>
    hub
      .orgTokens(organization)
      .map(({ id, label: name, expiry, active }) => ({ id, name, expiry, enabled: active })),
  userOf: () => organization,
  create: ({ name, user, repository, expiry = null }) => {
    const { id, secret: password } = hub.org.createAs(user, organization, {
      label: name,
      resources: [{ type: 'TYPE_REPO', path: `${organization}/${repository}`, scopes: ['scope-image-pull'] }],
      expiry,
    });
    return { id, name, password, expiry };
  },
  disable: (id) => {
    hub.org.patchAs('other', organization, id, { active: false });
  },
  delete: (id) => hub.org.deleteAs('other', organization, id),
});

function made({ id, label, token, expires_at }: Shown): MadeToken {
  return { id, name: label, password: token ?? '', expiry: expires_at ? Date.parse(expires_at) : null };
}
