import type { ServiceInfo } from '../../core/model/token-kind.ts';
import { keyVariable } from '../state.ts';
import type { Pipeline } from './starter.ts';
import { environmentsIn, secretsIn } from './workflow.ts';

/** A setting of the repository that a pipeline reads. */
export interface PipelineSetting {
  readonly type: 'secret' | 'variable' | 'environment';
  readonly name: string;
  /** The purpose; empty if the name says it. */
  readonly purpose: string;
}

const purposes: Readonly<Record<string, string>> = {
  [keyVariable]: 'encrypts new secrets in the state',
  SECRETS_WRITER: 'optional: for gh secret set sinks',
  REGISTRY_POLICY: 'optional, of type File: the policy',
  'registry-tokens': 'applies reviewed plans',
  'registry-tokens-unreviewed': 'other plans: require a reviewer',
  'registry-tokens-drift': 'checks for drift each night',
};

/** Returns all settings that the files of a pipeline read, secrets and variables first. */
export function settingsOf(
  pipeline: Pipeline,
  services: readonly ServiceInfo[],
  files: readonly string[],
): readonly PipelineSetting[] {
  /** Returns the purpose of a variable for a service's address; `undefined` if a service has no default address. */
  const addressPurpose = (name: string): string | undefined => {
    const service = services.find(({ variables }) => variables.apiUrl === name);
    return service?.apiUrl === undefined ? undefined : `optional: the address, if not ${service.apiUrl}`;
  };
  const setting =
    (type: PipelineSetting['type']) =>
    (name: string): PipelineSetting => ({
      type,
      name,
      purpose:
        purposes[name] ??
        addressPurpose(name) ??
        (type === 'variable' && !name.endsWith('USERNAME') ? 'masked' : ''),
    });
  const all = files.join('\n');
  if (pipeline === 'github') {
    return [...secretsIn(all).map(setting('secret')), ...environmentsIn(all).map(setting('environment'))];
  }
  if (pipeline === 'none') return [];
  // Jobs of GitLab get all variables of the project.
  const variables = [
    ...services.flatMap(({ pipelineSecrets }) => pipelineSecrets),
    keyVariable,
    'REGISTRY_POLICY',
  ];
  return [...variables.map(setting('variable')), setting('environment')('registry-tokens')];
}
