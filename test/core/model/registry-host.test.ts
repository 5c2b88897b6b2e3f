import { describe, expect, test } from 'vitest';
import { readRegistryHost } from '../../../src/providers/registry-host.ts';

const hostOf = (text: string) => readRegistryHost(text, ['ionos.com']);

describe('the host that a server names for a registry', () => {
  test.each([
    ['team-a.cr.de-fra.ionos.com', 'team-a.cr.de-fra.ionos.com'],
    ['Team-A.cr.de-fra.IONOS.com', 'team-a.cr.de-fra.ionos.com'],
    ['registry.example.com:5000', 'registry.example.com:5000'],
    ['127.0.0.1:41234', '127.0.0.1:41234'],
    ['[::1]:5000', '[::1]:5000'],
    ['localhost', 'localhost'],
    ['team-a.cr.ionos.com', 'team-a.cr.ionos.com'],
    ['emulator.test:8080', 'emulator.test:8080'],
    ['notdocker.io', 'notdocker.io'],
    ['docker.io.example.com', 'docker.io.example.com'],
  ])('is a host name with an optional port: %s', (text, host) => {
    expect(hostOf(text)).toEqual({ host });
  });

  // Whatever else stands there could lead the login, or a program that reads it, somewhere else.
  test.each([
    'https://registry.example.com',
    'registry.example.com/v1/',
    'user@registry.example.com',
    'user:password@registry.example.com',
    'registry.example.com?x',
    'registry.example.com#x',
    'registry.example.com.',
    'registry..example.com',
    '.example.com',
    '-a.example.com',
    'a_b.example.com',
    'registry.example.com:',
    'registry.example.com:0',
    'registry.example.com:65536',
    'registry.example.com:+80',
    'a.example.com b.example.com',
    ' a.example.com',
    'a.example.com\n',
    'a.example.com\r\nb',
    'a.example.com\0',
    "a.example.com'",
    'a"b.example.com',
    '`id`.example.com',
    '$(id).example.com',
    '../../etc',
    'exämple.com',
    'doc\u212aer.example.com', // becomes ASCII when letters are made small
    `${'a'.repeat(64)}.example.com`,
    `${'a.'.repeat(126)}toolong`,
    ' ',
  ])('is invalid otherwise: %j', (text) => {
    expect(hostOf(text)).toEqual({ refused: 'it is not a host name with an optional port' });
  });

  // Its login would take the place of that one, and be sent there.
  test.each([
    'docker.io',
    'DOCKER.io',
    'docker.io:443',
    'index.docker.io',
    'registry-1.docker.io',
    'hub.docker.com',
    'ghcr.io',
    'quay.io',
    'registry.gitlab.com',
    'dhi.io',
    'docker.pkg.github.com',
    'containers.pkg.github.com',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
    '123456789012.dkr-ecr.eu-central-1.on.aws',
    'public.ecr.aws',
    'nvcr.io',
    'registry.digitalocean.com',
    'registry.redhat.io',
    'registry.connect.redhat.com',
    'eu.gcr.io',
    'europe-docker.pkg.dev',
    'acme.azurecr.io',
    'acme.azurecr.cn',
    'mcr.microsoft.com',
    'de.icr.io',
    'fra.ocir.io',
    'container-registry.oracle.com',
    'rg.fr-par.scw.cloud',
    'registry.cn-hangzhou.aliyuncs.com',
    'acme.jfrog.io',
    'docker.cloudsmith.io',
    'cgr.dev',
    'registry.fly.io',
    'registry.k8s.io',
    'docker.elastic.co',
  ])('is never that of another service: %s', (text) => {
    expect(hostOf(text)).toEqual({ refused: expect.stringContaining('belongs to another service') });
  });

  test.each([
    'https://index.docker.io/v1/',
    'index.docker.io/v1/',
    'docker.io.',
    'Docker.IO.',
    'registry-1.docker.io.:443',
  ])('is not that of Docker Hub in any other spelling: %s', (text) => {
    expect(hostOf(text)).toHaveProperty('refused');
  });

  test('may be its own', () => {
    expect(readRegistryHost('team-a.cr.de-fra.ionos.com', [])).toHaveProperty('refused');
  });
});
