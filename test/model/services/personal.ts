import { apiUrl, env, generatedBy, mainUser, type ShownHub, withoutSecret } from './hub.ts';
import { type MadeToken, parsed, type ServiceIn } from './service.ts';

interface Shown extends ShownHub {
  readonly uuid: string;
  readonly token_label: string;
  readonly generated_by?: string;
}

/** Personal tokens of Docker Hub: labels may repeat, and each shows the user agent that has made it. */
export const personal: ServiceIn = ({ hub }) => ({
  uniqueNames: false,
  provesOwner: true,
  env,
  pathOf: (url) => url.slice(apiUrl.length).replace('/v2/access-tokens', '/tokens'),
  nameIn: (body) => (JSON.parse(body) as Partial<Shown>).token_label,
  shown: (text) => {
    const body = parsed(text) as Shown | undefined;
    return body && made(body);
  },
  listed: (text) => (JSON.parse(text) as { results: readonly Shown[] }).results.map(made),
  withoutSecret,
  live: () =>
    hub.personalTokens(mainUser).map(({ id, label: name, expiry, active, generatedBy: maker }) => ({
      id,
      name,
      expiry,
      generated: maker === generatedBy,
      enabled: active,
    })),
  userOf: () => mainUser,
  create: ({ name, repository, generated = false, expiry = null }) => {
    const { id, secret: password } = hub.personal.createAs(mainUser, {
      label: name,
      scopes: [scopeOf(repository)],
      expiry,
      creatorUa: generated ? 'Docker-Desktop/4.40' : 'Mozilla/5.0',
      ...(generated && { generatedBy }),
    });
    return { id, name, password, generated, expiry };
  },
  disable: (id) => {
    hub.personal.patchAs(mainUser, id, { active: false });
  },
  delete: (id) => hub.personal.deleteAs(mainUser, id),
});

function made({ uuid, token_label, token, expires_at, generated_by }: Shown): MadeToken {
  return {
    id: uuid,
    name: token_label,
    password: token ?? '',
    expiry: expires_at ? Date.parse(expires_at) : null,
    generated: generated_by === generatedBy,
  };
}

/** Personal tokens know no repositories: each that one is thought to be for stands for a scope. */
export function scopeOf(repository: string): string {
  return { app: 'repo:read', lib: 'repo:write', theirs: 'repo:public_read' }[repository] ?? 'repo:admin';
}
