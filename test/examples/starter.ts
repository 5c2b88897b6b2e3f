import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { reconcile } from '../support/cli.ts';
import { servedEmulator, writes } from '../support/emulator.ts';

/** The services for which `init` is tried; each has a token that may do more than the policy allows. */
export const services = ['ionos', 'docker-hub'] as const;

/** A service for which `init` is tried. */
export type Service = (typeof services)[number];

/** The services with what there is at first. */
const seed = `ionos: { registries: [{ name: my-registry, tokens: [
  { name: broad, scopes: [{ type: repository, name: '*', actions: [pull, push, delete] }] } ] }] }
docker_hub: { users: [{ name: emulator, tokens: [{ token_label: broad, scopes: [repo:admin] }] }] }`;

/** The key of the state, which is for tests only. */
export const stateKey = await generateIdentity();

/** Returns what logs in to these services, as in the settings of a repository. */
export function credentials(of: readonly Service[]): Readonly<Record<string, string>> {
  return {
    ...(of.includes('ionos') && { IONOS_TOKEN: 'emulator' }),
    ...(of.includes('docker-hub') && { DOCKER_HUB_USERNAME: 'emulator', DOCKER_HUB_PASSWORD: 'emulator' }),
  };
}

/** An entry for a token that the policy allows, by the service. */
export const entries: Readonly<Record<Service, string>> = {
  ionos: `  - kind: registry_token
    registry: my-registry
    name: ci-push
    scopes: [{ type: repository, name: app, actions: [pull, push] }]
    secret: [{ file: { path: secrets/ci-push.json } }]
`,
  'docker-hub': `  - kind: docker_hub_personal_token
    token_label: ci-push
    scopes: [repo:write]
    secret: [{ file: { path: secrets/ci-push.json } }]
`,
};

/**
 * Starts the services, and opens a checkout in which `init` writes its files for a CI.
 *
 * @param open opens the checkout, whose jobs run with these variables
 */
export async function setUpInit<T extends { readonly cwd: string }>(
  ci: 'github' | 'gitlab',
  open: (machine: Readonly<Record<string, string>>) => Promise<T>,
) {
  const emulator = await servedEmulator(seed);
  const checkout = await open({ IONOS_API_URL: emulator.url, DOCKER_HUB_API_URL: emulator.url });
  const { cwd } = checkout;
  const env = { ...emulator.env, ...emulator.hubEnv };
  const init = (service: Service, ...args: readonly string[]) =>
    reconcile(['init', '--service', service, '--ci', ci, ...args], { cwd, env });
  /** Adds entries to a manifest, whether it has some or not. */
  const declare = async (text: string, path = 'tokens/tokens.yaml'): Promise<void> => {
    const file = join(cwd, path);
    const manifest = (await readFile(file, 'utf8')).replace('tokens: []', 'tokens:').replace(/^#.*\n/gm, '');
    await writeFile(file, manifest + text);
  };
  const changes = (): readonly string[] => writes(emulator).filter((write) => !write.endsWith('/auth/token'));
  return { ...checkout, emulator, init, declare, changes };
}
