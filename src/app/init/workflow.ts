import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { services as all } from '../../providers/registry.ts';

/** The services in the order in which their secrets are listed. */
export const starterServices: readonly ServiceInfo[] = all.map(({ info }) => info);

const credentialNames = new Set(starterServices.flatMap(({ pipelineSecrets }) => pipelineSecrets));

/** Lines of a workflow that pass secrets of services to a step, and their indent. */
const credentialLines = /(?:^( +)([A-Z_]+): \$\{\{ secrets\.\2 \}\}\n)+/gm;

/** Returns a workflow that passes the secrets of these services to each step that gets secrets of a service. */
export function withServices(workflow: string, services: readonly ServiceInfo[]): string {
  const names = services.flatMap(({ pipelineSecrets }) => pipelineSecrets);
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
export function servicesIn(workflow: string): readonly ServiceInfo[] {
  const secrets = secretsIn(workflow);
  return starterServices.filter(({ pipelineSecrets }) =>
    pipelineSecrets.every((name) => secrets.includes(name)),
  );
}
