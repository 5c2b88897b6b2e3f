/** The live tokens and the manifests that declare them, for the server and for both sides of a row. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns an ID that contains its number. */
export function uuid(number) {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** Returns a token as the API shows it. */
export function tokenOf(registry, index, disabled) {
  return {
    id: uuid(1_000_000 * (registry + 1) + index),
    type: 'token',
    href: `/containerregistries/registries/${uuid(registry)}/tokens/${uuid(1_000_000 * (registry + 1) + index)}`,
    metadata: {
      createdDate: '2026-01-01T00:00:00Z',
      createdBy: 'somebody@example.com',
      createdByUserId: uuid(7),
      lastModifiedDate: null,
      state: 'Available',
    },
    properties: {
      name: `token-${index}`,
      status: disabled ? 'disabled' : 'enabled',
      expiryDate: '2099-06-30T00:00:00Z',
      credentials: { username: `token-${index}`, password: '' },
      scopes: [{ type: 'repository', name: `app-${index}`, actions: ['push', 'pull'] }],
    },
  };
}

/** Writes a file for each registry, with an entry for each token. */
export function writeManifests(folder, registries, perRegistry, entry) {
  mkdirSync(join(folder, 'secrets'), { recursive: true });
  for (let registry = 0; registry < registries; registry += 1) {
    const entries = Array.from({ length: perRegistry }, (_, index) => entry(registry, index));
    const text = `apiVersion: reconcile/v1\ntokens:\n${entries.join('')}`;
    writeFileSync(join(folder, `registry-${registry}.yaml`), text);
  }
}

/** Returns the entry of an unchanged token; with `secret`, of a token to create. */
export function present(registry, index, secret = false) {
  return `  - kind: registry_token
    registry: registry-${registry}
    name: token-${index}
    scopes:
      - { type: repository, name: app-${index}, actions: [pull, push] }
    expiry_date: 2099-06-30T00:00:00Z
    status: enabled
${secret ? `    secret:\n      - file: { path: secrets/${registry}-${index}.json }\n` : ''}`;
}

/** Returns the entry of a token to delete. */
export function absent(registry, index) {
  return `  - { kind: registry_token, registry: registry-${registry}, registry_token: token-${index}, state: absent }\n`;
}

/** Returns a robot of Harbor as the seed of the emulator has it. */
export function robotOf(index) {
  return { name: `robot-${index}`, duration: -1, access: ['repository:pull'] };
}

/** Returns the entry of an unchanged robot of Harbor. */
export function presentRobot(_project, index) {
  return `  - kind: harbor_robot
    project: project
    name: robot-${index}
    access: [repository:pull]
    expires_at: never
`;
}

/** Returns a deploy token of GitLab as the seed of the emulator has it. */
export function deployTokenOf(index) {
  return { name: `token-${index}`, username: `token-${index}`, scopes: ['read_registry'] };
}

/** Returns the entry of an unchanged deploy token of GitLab. */
export function presentDeployToken(_project, index) {
  return `  - kind: gitlab_deploy_token
    project: group/project
    name: token-${index}
    username: token-${index}
    scopes: [read_registry]
    expires_at: never
`;
}
