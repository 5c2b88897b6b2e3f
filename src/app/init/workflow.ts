/** The secrets that a pipeline logs in to a service with, by the service. */
export const pipelineSecrets = {
  ionos: ['IONOS_TOKEN'],
  'docker-hub': ['DOCKER_HUB_USERNAME', 'DOCKER_HUB_PASSWORD'],
} as const;

/** A service whose tokens a first manifest can declare. */
export type StarterService = keyof typeof pipelineSecrets;

/** The services in the order in which their secrets are listed. */
export const starterServices = Object.keys(pipelineSecrets) as readonly StarterService[];

const credentialNames = new Set<string>(Object.values(pipelineSecrets).flat());

/** Lines of a workflow that pass secrets of services to a step, and their indent. */
const credentialLines = /(?:^( +)([A-Z_]+): \$\{\{ secrets\.\2 \}\}\n)+/gm;

/** Returns a workflow that passes the secrets of these services to each step that gets secrets of a service. */
export function withServices(workflow: string, services: readonly StarterService[]): string {
  const names = services.flatMap((service) => pipelineSecrets[service]);
  return workflow.replace(credentialLines, (lines, indent: string, last: string) =>
    credentialNames.has(last)
      ? names.map((name) => `${indent}${name}: \${{ secrets.${name} }}\n`).join('')
      : lines,
  );
}

/** Returns the secrets that a workflow reads, in their order. */
export function secretsIn(workflow: string): readonly string[] {
  const found = [...workflow.matchAll(/\$\{\{[^}]*?\bsecrets\.([A-Za-z_]\w*)[^}]*?\}\}/g)];
  return [...new Set(found.map(([, name = '']) => name))];
}

/** Returns the environments that the jobs of a workflow may run in, in their order. */
export function environmentsIn(workflow: string): readonly string[] {
  const lines = workflow.match(/^ +environment: .*$/gm) ?? [];
  const named = lines.flatMap((line) => {
    if (!line.includes('${{')) return [line.replace(/^ +environment: /, '')];
    return [...line.matchAll(/'([^']*)'/g)].map(([, name = '']) => name).filter((name) => name !== '');
  });
  return [...new Set(named)];
}

/** Returns the services whose secrets a workflow reads. */
export function servicesIn(workflow: string): readonly StarterService[] {
  const secrets = secretsIn(workflow);
  return starterServices.filter((service) =>
    pipelineSecrets[service].every((name) => secrets.includes(name)),
  );
}
