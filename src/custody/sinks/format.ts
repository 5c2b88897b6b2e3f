import { stringify } from 'yaml';
import { kubernetesName } from '../../core/model/kubernetes-name.ts';
import type { SecretLayout } from '../../core/model/model.ts';
import { Secret } from '../../core/model/secret.ts';
import type { SecretPayload } from './delivery.ts';

/** Where a Kubernetes Secret says which token it holds. */
export const kubernetesAnnotations = {
  id: 'reconcile.token/id',
  address: 'reconcile.token/address',
} as const;

/** What a sink holds: contract §3. Holds the secret in the clear. */
export function formatSecret(layout: SecretLayout, delivery: SecretPayload): string {
  switch (layout.format) {
    case 'raw':
      return delivery.secret.reveal();
    case 'json':
      return json(delivery);
    case 'env':
      return env(layout.prefix ?? '', delivery);
    case 'dockerconfigjson':
      return `${dockerConfig(delivery)}\n`;
    case 'kubernetes':
      return kubernetes(layout, delivery);
  }
}

/** The key that the docker CLI keeps a host's login under: the host, but for Docker Hub. */
export function dockerAuthKey(host: string): string {
  return /^((index|registry-1)\.)?docker\.io$/.test(host) ? dockerHubKey : host;
}

const dockerHubKey = 'https://index.docker.io/v1/';

/** User name and password as HTTP, and so docker, writes them. */
export function basicAuth({ username, secret }: SecretPayload): string {
  return base64(`${username}:${secret.reveal()}`);
}

/**
 * A text of somebody who was given the secret, with the secret blanked out in every spelling that a format has
 * for it: a program that fails likes to quote what it was fed.
 */
export function maskSecretEncodings(delivery: SecretPayload, text: string): string {
  const password = delivery.secret.reveal();
  if (password === '') return text;
  const spellings = [
    base64(dockerConfig(delivery)),
    basicAuth(delivery),
    base64(password),
    quoted(password).slice(1, -1),
    password,
  ];
  return spellings.reduce((masked, spelling) => new Secret(spelling).maskIn(masked), text);
}

function json({ kind, address, id, name, registry, username, secret, ...dates }: SecretPayload): string {
  const content = {
    kind,
    address,
    id,
    name,
    registry,
    username,
    password: secret.reveal(),
    expires_at: dates.expiresAt,
    created_at: dates.createdAt,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function env(prefix: string, { registry, username, secret, id }: SecretPayload): string {
  const values = { REGISTRY: registry, USERNAME: username, PASSWORD: secret.reveal(), TOKEN_ID: id };
  return Object.entries(values)
    .map(([name, value]) => `${prefix}${name}=${quoted(value)}\n`)
    .join('');
}

/** As a POSIX shell takes any text: in single quotes, each of its own quotes outside of them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function dockerConfig(delivery: SecretPayload): string {
  const { registry, username, secret } = delivery;
  const login = { username, password: secret.reveal(), auth: basicAuth(delivery) };
  return JSON.stringify({ auths: { [dockerAuthKey(registry)]: login } });
}

function kubernetes({ name, namespace }: SecretLayout, delivery: SecretPayload): string {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: name ?? kubernetesName(delivery.name),
      ...(namespace !== undefined && { namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'reconcile' },
      annotations: {
        [kubernetesAnnotations.id]: delivery.id,
        [kubernetesAnnotations.address]: delivery.address,
      },
    },
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64(dockerConfig(delivery)) },
  };
  // Kubernetes reads YAML 1.1, in which a plain `on` or `12:30` is no text; and folded base64 is none to some.
  return stringify(manifest, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
