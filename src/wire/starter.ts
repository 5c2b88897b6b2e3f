import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind } from '../core/model.ts';
import { renderManifest } from '../render/manifest-text.ts';
import type { Connections } from './connect.ts';
import { environmentConnection } from './credentials.ts';
import { declarations } from './declarations.ts';
import { adoptListed } from './export.ts';
import type { ListedToken } from './list.ts';
import type { Runtime } from './runtime.ts';

/** What checks and applies the manifests. */
export type Pipeline = 'github' | 'gitlab' | 'none';

/** The services whose tokens a first manifest can be about. */
export type StarterService = 'ionos' | 'docker-hub';

/** A file that is to be there, by its path from the root of the repository. */
export interface StarterFile {
  readonly path: string;
  readonly content: string;
  /** Whether these lines are added to a file that is there. */
  readonly append?: true;
}

/** The secrets that a pipeline logs in to a service with. */
export const pipelineSecrets: Readonly<Record<StarterService, readonly string[]>> = {
  ionos: ['IONOS_TOKEN'],
  'docker-hub': ['DOCKER_HUB_USERNAME', 'DOCKER_HUB_PASSWORD'],
};

/** What the pipelines hold manifests to. */
export const policyPath = 'policies/least-privilege.yaml';

const schemaLine = '# yaml-language-server: $schema=manifest.schema.json\n';

const firstEntry: Readonly<Record<StarterService, string>> = {
  ionos: `#  - kind: registry_token
#    registry: my-registry
#    name: ci-push
#    scopes:
#      - { type: repository, name: app, actions: [pull, push] }
#    rotate: { every: 30d, lifetime: 45d, overlap: 24h }
#    secret:
#      - file: { path: secrets/ci-push.json }
`,
  'docker-hub': `#  - kind: docker_hub_personal_token
#    token_label: ci-push
#    scopes: [repo:write]
#    expires_at: 2099-06-30T00:00:00Z
#    secret:
#      - file: { path: secrets/ci-push.json }
`,
};

/** Reads once, to show that the credentials work. Throws where they don't. */
export async function tryCredentials(
  connections: Connections,
  kind: Kind,
  signal: AbortSignal,
): Promise<void> {
  const client = await connections.client(kind, environmentConnection);
  const [scope] = (await client.scopes(signal)) ?? [];
  // Where the account is all there is, nothing has been read yet.
  if (scope && declarations.find((one) => one.kind === kind)?.scopeField === undefined)
    await client.list(scope, signal);
}

/** The manifest to begin with: what is there, or an example to fill in. */
export function firstManifest(
  service: StarterService,
  adopted: readonly ListedToken[],
  runtime: Pick<Runtime, 'clock' | 'masker'>,
): string {
  if (adopted.length === 0) {
    const head = '# The tokens of this team. reconcile plan tokens shows what would change.\n';
    const how = '# For a first one take away the [] above, and the # of what follows:\n';
    return `${schemaLine}${head}apiVersion: reconcile/v1\ntokens: []\n${how}${firstEntry[service]}`;
  }
  const { defaults, entries } = adoptListed(adopted, runtime);
  const text = renderManifest({
    head: [
      'The tokens that were there at first: reconcile plan changes nothing about them. Secrets of tokens that others have made are not known here.',
    ],
    defaults,
    entries: entries.map(({ warnings, remarks, ...entry }) => ({
      ...entry,
      comments: [...warnings, ...remarks],
    })),
  });
  return `${schemaLine}${text}`;
}

/**
 * The files of a first repository.
 *
 * @param examples the folder of the examples that come with the program; the schemas are beside it
 */
export async function starterFiles(
  manifest: StarterFile,
  service: StarterService,
  pipeline: Pipeline,
  examples: string,
): Promise<readonly StarterFile[]> {
  const example = (path: string): Promise<string> => readFile(join(examples, path), 'utf8');
  const policy = { path: policyPath, content: await example(policyPath) };
  const pipelines: Readonly<Record<Pipeline, readonly StarterFile[]>> = {
    github: [
      policy,
      ...(await Promise.all(
        ['plan', 'apply', 'drift'].map(async (name) => ({
          path: `.github/workflows/tokens-${name}.yaml`,
          content: (
            await example(`ci/github/${name}.yaml`)
          )
            .replace(`.github/workflows/${name}.yaml`, `.github/workflows/tokens-${name}.yaml`)
            .replace(/^( +)IONOS_TOKEN: .*$/m, (_, indent: string) =>
              pipelineSecrets[service]
                .map((secret) => `${indent}${secret}: \${{ secrets.${secret} }}`)
                .join('\n'),
            ),
        })),
      )),
    ],
    gitlab: [policy, { path: '.gitlab-ci.yml', content: await example('ci/gitlab/.gitlab-ci.yml') }],
    none: [],
  };
  return [
    manifest,
    { path: 'tokens/manifest.schema.json', content: await example('../schemas/manifest.schema.json') },
    {
      path: 'tokens/secrets/.gitignore',
      content: '# Secrets of tokens are written here; none of them belongs in Git.\n*\n!.gitignore\n',
    },
    {
      path: '.gitignore',
      content: 'tokens/secrets/*\n!tokens/secrets/.gitignore\n.reconcile/\n',
      append: true,
    },
    ...pipelines[pipeline],
  ];
}
