import { execFileSync } from 'node:child_process';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { kubernetesName } from '../../../src/core/model/kubernetes-name.ts';
import { Secret } from '../../../src/core/model/secret.ts';
import { formatSecret, maskSecretEncodings } from '../../../src/custody/sinks/format.ts';
import { delivery } from './fixtures.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const login = { username: 'ci-push', password: 'hunter2', auth: base64('ci-push:hunter2') };

describe('the format', () => {
  it('raw is the password and nothing else, no newline', () => {
    expect(formatSecret({ format: 'raw' }, delivery)).toBe('hunter2');
  });

  it('json is an object that says which token it belongs to', () => {
    const text = formatSecret({ format: 'json' }, delivery);
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      kind: 'registry_token',
      address: 'registry_token:team-a/ci-push',
      id: 'id-1',
      name: 'ci-push',
      registry: 'team-a.cr.example.com',
      username: 'ci-push',
      password: 'hunter2',
      expires_at: '2027-06-30T00:00:00Z',
      created_at: '2026-01-01T00:00:00Z',
    });
  });

  it('env is lines for a shell, with a prefix if there is one', () => {
    const lines = [
      "REGISTRY='team-a.cr.example.com'",
      "USERNAME='ci-push'",
      "PASSWORD='hunter2'",
      "TOKEN_ID='id-1'",
    ];
    expect(formatSecret({ format: 'env' }, delivery)).toBe(lines.map((line) => `${line}\n`).join(''));
    expect(formatSecret({ format: 'env', prefix: 'CI_' }, delivery)).toBe(
      lines.map((line) => `CI_${line}\n`).join(''),
    );
  });

  test.each(["it's", "'", '$HOME `id` "x" \\', 'two\nlines', ' spaces ', '#'])(
    'env is taken by a shell as it is: %j',
    (password) => {
      const text = formatSecret({ format: 'env' }, { ...delivery, secret: new Secret(password) });
      const shell = execFileSync('sh', ['-c', `${text}printf %s "$PASSWORD"`], { encoding: 'utf8' });
      expect(shell).toBe(password);
    },
  );

  it('dockerconfigjson is a docker configuration with the login', () => {
    const text = formatSecret({ format: 'dockerconfigjson' }, delivery);
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({ auths: { 'team-a.cr.example.com': login } });
  });

  it('dockerconfigjson calls Docker Hub what docker calls it', () => {
    const text = formatSecret({ format: 'dockerconfigjson' }, { ...delivery, registry: 'docker.io' });
    expect(JSON.parse(text)).toEqual({ auths: { 'https://index.docker.io/v1/': login } });
  });

  it('kubernetes is a Secret that images are pulled with, and that says which token it is', () => {
    const manifest = parse(formatSecret({ format: 'kubernetes' }, delivery));
    expect(manifest).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'ci-push',
        labels: { 'app.kubernetes.io/managed-by': 'reconcile' },
        annotations: {
          'reconcile.token/id': 'id-1',
          'reconcile.token/address': 'registry_token:team-a/ci-push',
        },
      },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': expect.any(String) },
    });
    const config = Buffer.from(manifest.data['.dockerconfigjson'], 'base64').toString('utf8');
    expect(JSON.parse(config)).toEqual({ auths: { 'team-a.cr.example.com': login } });
  });

  it('kubernetes takes its own name and namespace', () => {
    const layout = { format: 'kubernetes', name: 'pull', namespace: 'ci' } as const;
    expect(parse(formatSecret(layout, delivery)).metadata).toMatchObject({ name: 'pull', namespace: 'ci' });
  });

  test.each(['on', '1e3', '12:30:00', '0x1f', 'null', '~'])(
    'kubernetes means texts in YAML 1.1, too, which Kubernetes reads: %s',
    (id) => {
      const text = formatSecret({ format: 'kubernetes' }, { ...delivery, id, name: id });
      expect(parse(text, { version: '1.1' }).metadata.annotations['reconcile.token/id']).toBe(id);
    },
  );

  it('kubernetes keeps a long secret on one line', () => {
    const secret = new Secret('long '.repeat(200));
    const text = formatSecret({ format: 'kubernetes' }, { ...delivery, secret });
    expect(text).toMatch(/^ {2}\.dockerconfigjson: "[A-Za-z0-9+/=]+"$/m);
  });
});

test.each([
  { name: 'CiPush', result: 'cipush' },
  { name: 'CI push (main)', result: 'ci-push-main' },
  { name: '--a..b-.c--', result: 'a.b.c' },
  { name: 'äöü', result: 'registry-token' },
  { name: 'a'.repeat(300), result: 'a'.repeat(253) },
])('Kubernetes takes for the name of $name: $result', ({ name, result }) => {
  expect(kubernetesName(name)).toBe(result);
});

test.each([
  { format: 'raw' },
  { format: 'json' },
  { format: 'env' },
  { format: 'dockerconfigjson' },
  { format: 'kubernetes' },
] as const)('a text that quotes $format shows no spelling of the secret', (layout) => {
  const secret = new Secret('it\'s "hunter" 2');
  const given = { ...delivery, secret };
  const masked = maskSecretEncodings(given, `before ${formatSecret(layout, given)} after`);
  expect(masked).toMatch(/^before .*\(sensitive\).* after$/s);
  for (const text of ['hunter', base64(secret.reveal()), base64(`ci-push:${secret.reveal()}`)]) {
    expect(masked).not.toContain(text);
  }
  for (const word of masked.match(/[A-Za-z0-9+/=]{8,}/g) ?? []) {
    expect(Buffer.from(word, 'base64').toString('utf8')).not.toContain('hunter');
  }
});
