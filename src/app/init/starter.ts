import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import equal from 'fast-deep-equal';
import type { Kind } from '../../core/model/token.ts';
import type { ServiceInfo } from '../../core/model/token-kind.ts';
import type { JsonObject } from '../../core/util/json.ts';
import type { AdoptedManifest } from '../../manifest/adopt.ts';
import { services as allServices, kindOf } from '../../providers/registry.ts';
import { renderManifest } from '../../render/manifest-text.ts';
import type { Connections } from '../connections.ts';
import { environmentConnection } from '../credentials.ts';
import { stamped, unstamped } from './stamp.ts';
import { exemptionsIn, policyPath, withExemptions } from './starter-policy.ts';
import { servicesIn, starterServices, withServices } from './workflow.ts';

/** The CI system that checks and applies the manifests. */
export type Pipeline = 'github' | 'gitlab' | 'none';

/** A file to write, by its path from the root of the repository. */
export interface StarterFile {
  readonly path: string;
  readonly content: string;
  /** True if the lines are added to an existing file. */
  readonly append?: true;
  /** True if it replaces an existing file that differs; otherwise an existing file is left as it is. */
  readonly replaces?: true;
}

/** Reads an existing file by its path from the root; `undefined` if there is no such file. */
export type ReadText = (path: string) => Promise<string | undefined>;

const schemaLine = '# yaml-language-server: $schema=manifest.schema.json\n';

/** Reads once, to show that the credentials work. Throws if they don't. */
export async function verifyCredentials(
  connections: Connections,
  kind: Kind,
  signal: AbortSignal,
): Promise<void> {
  const client = await connections.client(kind, environmentConnection);
  const [scope] = (await client.scopes(signal)) ?? [];
  // For a kind without scopes, nothing was read yet.
  if (scope && kindOf(kind).levels.length === 0) await client.list(scope, signal);
}

/** Returns the first manifest: the live tokens, or an example to fill in. */
export function starterManifest(service: ServiceInfo, adopted: AdoptedManifest | undefined): string {
  if (!adopted || adopted.entries.length === 0) {
    const head = '# The tokens of this team. reconcile plan tokens shows what would change.\n';
    const how = '# To declare the first one, remove the [] above and uncomment these lines:\n';
    return `${schemaLine}${head}apiVersion: reconcile/v1\ntokens: []\n${how}${commented(service.starter.entry)}`;
  }
  const text = renderManifest({
    head: [
      'The existing tokens; reconcile plan shows no changes for them. Only secrets of tokens that reconcile created are known.',
    ],
    defaults: adopted.defaults,
    entries: adopted.entries.map(({ warnings, notes, hidden: _, ...entry }) => ({
      ...entry,
      comments: [...warnings, ...notes],
    })),
  });
  return `${schemaLine}${text}`;
}

/** Returns lines as comments. */
function commented(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '#');
}

/** The GitHub workflows that `init` writes, by the names of their examples. */
const workflowNames = ['plan', 'apply', 'drift'];

/** Returns the path to which `init` writes a GitHub workflow. */
function workflowPath(name: string): string {
  return `.github/workflows/tokens-${name}.yaml`;
}

/** Returns the paths of the files that define a pipeline. */
export function pipelinePaths(pipeline: Pipeline): readonly string[] {
  if (pipeline === 'github') return workflowNames.map(workflowPath);
  return pipeline === 'gitlab' ? ['.gitlab-ci.yml'] : [];
}

/** Inputs of the starter files. */
export interface StarterInputs {
  readonly manifest: StarterFile;
  /** The services whose tokens the manifests declare or will declare. */
  readonly services: readonly ServiceInfo[];
  readonly pipeline: Pipeline;
  /** The branch that is applied. */
  readonly branch: string;
  /** The entries that a policy of `init` lets pass, by the field that names their tokens. */
  readonly exemptions: readonly JsonObject[];
  /** The folder of the examples that come with the program; the schemas are beside it. */
  readonly examples: string;
  readonly readText: ReadText;
}

/** Returns the starter files. A file that `init` wrote and that was not edited since is extended. */
export async function starterFiles(inputs: StarterInputs): Promise<readonly StarterFile[]> {
  const { manifest, pipeline, examples } = inputs;
  const example = (path: string): Promise<string> => readFile(join(examples, path), 'utf8');
  const pipelines = {
    github: async () => [
      await policyFile(inputs, await policyExample(examples)),
      ...(await Promise.all(
        workflowNames.map(async (name) =>
          workflowFile(inputs, name, await example(`ci/github/${name}.yaml`)),
        ),
      )),
    ],
    gitlab: async () => [
      await policyFile(inputs, await policyExample(examples)),
      { path: '.gitlab-ci.yml', content: await example('ci/gitlab/.gitlab-ci.yml') },
    ],
    none: async () => [],
  };
  return [
    manifest,
    { path: 'tokens/manifest.schema.json', content: await example('../schemas/manifest.schema.json') },
    {
      path: 'tokens/secrets/.gitignore',
      content: '# Token secrets are written here. Never commit them.\n*\n!.gitignore\n',
    },
    {
      path: '.gitignore',
      content: 'tokens/secrets/*\n!tokens/secrets/.gitignore\n.reconcile/\n',
      append: true,
    },
    ...(await pipelines[pipeline]()),
  ];
}

/** Returns the pipeline's policy as it comes with the program. */
export function policyExample(examples: string): Promise<string> {
  return readFile(join(examples, policyPath), 'utf8');
}

async function policyFile({ exemptions, readText }: StarterInputs, policy: string): Promise<StarterFile> {
  const before = await readText(policyPath);
  const own = before === undefined ? undefined : unstamped(before);
  const known = own === undefined ? [] : exemptionsIn(own);
  const added = exemptions.filter((one) => !known.some((other) => equal(one, other)));
  return {
    path: policyPath,
    content: stamped(withExemptions(policy, [...known, ...added])),
    ...(own !== undefined && added.length > 0 && { replaces: true }),
  };
}

async function workflowFile(
  { services, branch, readText }: StarterInputs,
  name: string,
  template: string,
): Promise<StarterFile> {
  const path = workflowPath(name);
  const before = await readText(path);
  const own = before === undefined ? undefined : unstamped(before);
  const known = own === undefined ? [] : servicesIn(own);
  const all = starterServices.filter((service) => services.includes(service) || known.includes(service));
  const renamed = withBranch(template.replaceAll(`.github/workflows/${name}.yaml`, path), branch);
  const content = stamped(withServices(own ?? renamed, all));
  return { path, content, ...(own !== undefined && all.length > known.length && { replaces: true }) };
}

/** Returns a workflow for another branch than main. */
function withBranch(workflow: string, branch: string): string {
  return workflow
    .replaceAll('branches: [main]', `branches: [${JSON.stringify(branch)}]`)
    .replaceAll("'refs/heads/main'", `'refs/heads/${branch}'`)
    .replaceAll('the branch main', `the branch ${branch}`);
}

/**
 * Returns the default branch of a repository: that of its remote `origin`, or else the branch that is checked out if
 * it has a usual name; otherwise `main`.
 */
export async function defaultBranch(readText: ReadText): Promise<string> {
  const branch = (text: string | undefined): string | undefined =>
    /^ref: refs\/(?:heads|remotes\/origin)\/([\w./-]+)\s*$/.exec(text ?? '')?.[1];
  const quiet = (path: string): Promise<string | undefined> => readText(path).catch(() => undefined);
  const remote = branch(await quiet('.git/refs/remotes/origin/HEAD'));
  const own = branch(await quiet('.git/HEAD'));
  return remote ?? (own !== undefined && ['main', 'master', 'trunk'].includes(own) ? own : 'main');
}

/** Returns the services whose kinds of tokens are named in manifests, comments included. */
export function servicesNamed(texts: readonly string[]): readonly ServiceInfo[] {
  return allServices
    .filter(({ kinds }) => texts.some((text) => kinds.some(({ kind }) => namesKind(text, kind))))
    .map(({ info }) => info);
}

function namesKind(text: string, kind: Kind): boolean {
  return new RegExp(`\\b${kind}\\b`).test(text);
}
