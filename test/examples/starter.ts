/** The services for which `init` is tried; each has a token that may do more than the policy allows. */
export const services = ['ionos', 'docker-hub'] as const;

/** A service for which `init` is tried. */
export type Service = (typeof services)[number];

/** The services with what there is at first. */
export const seed = `ionos: { registries: [{ name: my-registry, tokens: [
  { name: broad, scopes: [{ type: repository, name: '*', actions: [pull, push, delete] }] } ] }] }
docker_hub: { users: [{ name: emulator, tokens: [{ token_label: broad, scopes: [repo:admin] }] }] }`;

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
