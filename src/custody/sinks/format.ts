import { stringify } from 'yaml';
import { kubernetesName } from '../../core/model/kubernetes-name.ts';
import { Secret } from '../../core/model/secret.ts';
import type { SecretLayout } from '../../core/model/sinks/secret-layout.ts';
import type { SecretPayload } from './delivery.ts';

/** The annotations of a Kubernetes Secret that identify its token. */
export const kubernetesAnnotations = {
  id: 'reconcile.token/id',
  address: 'reconcile.token/address',
} as const;

/** Returns the content of a sink, with the secret in the clear. The formats are in docs/reference/manifest.md. */
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

/** Returns the key under which the docker CLI stores a host's login: the host itself, except for docker.io. */
export function dockerAuthKey(host: string): string {
  return /^((index|registry-1)\.)?docker\.io$/.test(host) ? dockerIoKey : host;
}

const dockerIoKey = 'https://index.docker.io/v1/';

/** Returns user name and password as in HTTP basic authentication, which docker uses as well. */
export function basicAuth({ username, secret }: SecretPayload): string {
  return base64(`${username}:${secret.reveal()}`);
}

/**
 * Masks the secret in a text from a program that was given it, in every spelling that a format uses. Failing programs often
 * quote their input.
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

/** Quotes any text for a POSIX shell: in single quotes, with its own single quotes outside of them. */
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
  // Kubernetes reads YAML 1.1, in which a plain `on` or `12:30` is not a string. Some parsers don't accept folded base64.
  return stringify(manifest, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
