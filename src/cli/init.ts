import { access, appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Connections } from '../app/connections.ts';
import { listedManifest } from '../app/export.ts';
import { keySteps } from '../app/init/key-steps.ts';
import { type PipelineSetting, settingsOf } from '../app/init/pipeline-settings.ts';
import {
  defaultBranch,
  type Pipeline,
  pipelinePaths,
  policyExample,
  type ReadText,
  type StarterFile,
  servicesNamed,
  starterFiles,
  starterManifest,
  verifyCredentials,
} from '../app/init/starter.ts';
import { exemptionsOf, policyPath } from '../app/init/starter-policy.ts';
import { secretsIn, starterServices } from '../app/init/workflow.ts';
import { type Listed, listTokens } from '../app/list.ts';
import { withState } from '../app/state.ts';
import { ReconcileError } from '../core/model/errors.ts';
import type { Kind } from '../core/model/token.ts';
import type { ServiceInfo } from '../core/model/token-kind.ts';
import { describeWriteError } from '../core/util/file-error.ts';
import { createKey } from '../custody/state/sealing.ts';
import type { AdoptedManifest } from '../manifest/adopt.ts';
import { readManifestFiles } from '../manifest/files.ts';
import { tokenKinds } from '../providers/registry.ts';
import { readBoundedFile } from '../system/read-file.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, OutputOptions } from './options.ts';
import { load, type Session } from './session.ts';

/** Answers to the questions that `init` would otherwise ask. */
export type InitOptions = OutputOptions &
  ConnectionOptions & {
    readonly service?: string;
    readonly ci?: Pipeline;
    /** True if existing tokens become entries. */
    readonly adopt?: boolean;
  };

/**
 * Runs `init`: writes a first manifest and its supporting files. Overwrites nothing, and writes only after all is
 * known.
 */
export async function init(session: Session, options: InitOptions): Promise<number> {
  const { io, runtime } = session;
  const asks = io.stdin.isTTY && io.stderr.isTTY;
  const ids = starterServices.map(({ id }) => id);
  const chosen = options.service ?? (asks ? await choose(session, 'Which service?', ids) : undefined);
  const service = starterServices.find(({ id }) => id === chosen);
  if (!service) {
    throw new ReconcileError({
      code: 'USAGE',
      message: "stdin is not a terminal, so init can't ask for the service",
      hint: `pass ${ids.map((id) => `--service ${id}`).join(' or ')}, and --adopt or --ci github if needed`,
    });
  }
  const connections = connect(session, options);
  let adoption: AdoptedManifest | undefined;
  let isComplete = true;
  let pipeline = options.ci;
  try {
    await verifyCredentials(connections, service.starter.kind, io.interrupt);
    session.info('The credentials work.');
    const adopts =
      options.adopt ??
      (asks && (await choose(session, 'Adopt the existing tokens?', ['yes', 'no'])) === 'yes');
    if (adopts) {
      const listed = await liveTokens(session, connections, service);
      session.reportAll(listed.problems, 'warning');
      adoption = listedManifest(listed.tokens, runtime);
      isComplete = listed.problems.length === 0;
      session.info(`${listed.tokens.length} live ${listed.tokens.length === 1 ? 'token' : 'tokens'}.`);
    }
    pipeline ??= asks ? await choose(session, 'Which pipeline?', ['github', 'gitlab', 'none']) : 'none';
  } finally {
    await connections.close();
  }

  const createsKey =
    asks &&
    options.format !== 'json' &&
    pipeline !== 'none' &&
    !(await isSetUp(io.cwd, pipeline)) &&
    (await choose(session, 'Create the key that encrypts secrets in the state?', ['yes', 'no'])) === 'yes';

  const readText = (path: string): Promise<string | undefined> => readBoundedFile(join(io.cwd, path));
  const { files: declared } = await readManifestFiles(['tokens'], io.cwd, runtime.stdin);
  const named = servicesNamed(declared.map(({ text }) => text));
  const services = starterServices.filter((one) => one === service || named.includes(one));
  const path = await manifestPath(io.cwd, service);
  const isNew = (await readText(path).catch(() => '')) === undefined;
  const files = await starterFiles({
    manifest: { path, content: starterManifest(service, adoption) },
    services,
    pipeline,
    branch: await defaultBranch(readText),
    exemptions:
      isNew && adoption && pipeline !== 'none'
        ? exemptionsOf(await policyExample(io.examples), adoption, Math.floor(io.clock.now() / 1000))
        : [],
    examples: io.examples,
    readText,
  });
  const written: string[] = [];
  const changed: string[] = [];
  for (const file of files) {
    const done = await place(io.cwd, file);
    if (done === 'written') written.push(file.path);
    else if (done === 'changed') changed.push(file.path);
    else session.info(`${file.path} already exists: not changed.`);
  }
  if (adoption && adoption.entries.length > 0 && !isNew) {
    const selection = adoptedKinds(service).map((kind) => `--kind ${kind}`);
    session.info(`reconcile export ${selection.join(' ')} prints entries that you can add to it.`);
  }
  if (changed.includes(policyPath)) {
    session.info(
      `${policyPath} now exempts adopted tokens that violate it. ${pipeline === 'gitlab' ? 'Copy it into REGISTRY_POLICY if you set that variable.' : 'Pull requests are checked with the policy of the base branch: push that file there first.'}`,
    );
  }
  if (
    pipeline === 'gitlab' &&
    !written.includes('.gitlab-ci.yml') &&
    !(await readText('.gitlab-ci.yml'))?.includes('reconcile ')
  ) {
    session.info(
      '.gitlab-ci.yml has no job that runs reconcile. Add the jobs from examples/ci/gitlab/.gitlab-ci.yml, or nothing is planned or applied.',
    );
  }
  if (pipeline !== 'none') await reportPipelineIssues(session, pipeline, options);
  const settings = await pipelineSettings(session, pipeline, services, readText);
  const needsKey = pipeline !== 'none' && written.some((path) => pipelinePaths(pipeline).includes(path));
  if (options.format === 'json') session.printJson({ version: 1, written, changed, settings });
  else {
    const key = createsKey && needsKey ? await createKey() : undefined;
    const lines = [
      ...written.map((name) => `  + ${name}`),
      ...changed.map((name) => `  ~ ${name}`),
      '',
      `Next: review ${path}, then run reconcile plan tokens.`,
      ...settingLines(pipeline, settings),
      ...(needsKey ? keySteps(pipeline, key?.identity) : []),
      '',
    ];
    session.print(lines.join('\n'));
  }
  return isComplete ? exitCodes.done : exitCodes.partial;
}

/** Tells whether all files of a pipeline exist: `init` doesn't change them, and their settings are likely to exist, too. */
async function isSetUp(cwd: string, pipeline: Pipeline): Promise<boolean> {
  const files = await Promise.all(pipelinePaths(pipeline).map((path) => readBoundedFile(join(cwd, path))));
  return files.every((text) => text !== undefined);
}

/** Returns the settings that a pipeline reads from its repository, and reports secrets that edited files lack. */
async function pipelineSettings(
  session: Session,
  pipeline: Pipeline,
  services: readonly ServiceInfo[],
  readText: ReadText,
): Promise<readonly PipelineSetting[]> {
  const paths = pipelinePaths(pipeline);
  const texts = await Promise.all(paths.map(readText));
  if (pipeline === 'github') {
    const needed = services.flatMap(({ pipelineSecrets }) => pipelineSecrets);
    for (const [index, text = ''] of texts.entries()) {
      const missing = needed.filter((name) => !secretsIn(text).includes(name));
      if (missing.length === 0) continue;
      session.info(
        `${paths[index]} was edited or not written by init, so init doesn't change it. It doesn't pass ${missing.join(', ')}: add\n${missing.map((name) => `  ${name}: \${{ secrets.${name} }}`).join('\n')}\nto the env of each step that runs reconcile plan or apply.`,
      );
    }
  }
  return settingsOf(
    pipeline,
    services,
    texts.filter((text) => text !== undefined),
  );
}

function settingLines(pipeline: Pipeline, settings: readonly PipelineSetting[]): readonly string[] {
  if (settings.length === 0) return [];
  const width = Math.max(...settings.map(({ name }) => name.length));
  const where = pipeline === 'github' ? 'repository on GitHub' : 'project on GitLab';
  return [
    '',
    `The pipeline reads these settings of the ${where}; set them first:`,
    ...settings.map(({ type, name, purpose }) =>
      `  ${type.padEnd(11)}  ${name.padEnd(width)}  ${purpose}`.trimEnd(),
    ),
  ];
}

const firstPath = 'tokens/tokens.yaml';

/** Returns the path of the manifest: beside an existing one for something else. */
async function manifestPath(cwd: string, service: ServiceInfo): Promise<string> {
  const there = await readBoundedFile(join(cwd, firstPath)).catch(() => undefined);
  const isAboutIt = there === undefined || servicesNamed([there]).includes(service);
  return isAboutIt ? firstPath : `tokens/${service.id}.yaml`;
}

/** Reports obstacles that will make a pipeline fail, or keep it from running. */
async function reportPipelineIssues(
  session: Session,
  pipeline: Pipeline,
  { allowInsecureHttp }: InitOptions,
): Promise<void> {
  const { errors } = await load(session, ['tokens'], {
    policy: [policyPath],
    strict: false,
    allowHost: [],
    allowFileReference: [],
    allowSinkDir: [],
    allowInsecureHttp,
  });
  if (errors.length > 0) {
    session.info(
      `${errors.length === 1 ? '1 problem' : `${errors.length} problems`} with ${policyPath}, which the pipeline checks${pipeline === 'gitlab' ? ' once REGISTRY_POLICY is set to it' : ''}.\nTo see them, run reconcile validate tokens --policy ${policyPath}. Then change the tokens or the policy.`,
    );
  }
  if (await isInside(session.io.cwd)) {
    session.info(
      `Not a repository root. Move ${pipeline === 'gitlab' ? '.gitlab-ci.yml' : '.github/'} to the root, or CI won't find it, and adjust its tokens and policies paths.`,
    );
  }
}

/** Tells whether a folder is inside a repository, and not its root. */
async function isInside(folder: string): Promise<boolean> {
  const isRoot = (path: string): Promise<boolean> =>
    access(join(path, '.git')).then(
      () => true,
      () => false,
    );
  if (await isRoot(folder)) return false;
  for (let at = folder; at !== dirname(at); at = dirname(at)) if (await isRoot(dirname(at))) return true;
  return false;
}

/** Asks for one of a few answers; the first is the default. */
async function choose<const T extends string>(
  { io }: Session,
  question: string,
  answers: readonly T[],
): Promise<T> {
  const [first] = answers;
  if (first === undefined) throw new TypeError(`no answer to ${question}`);
  for (;;) {
    const answer = await io.ask(`${question} (${answers.join(', ')}) [${first}] `, io.interrupt);
    if (answer === undefined) {
      throw new ReconcileError({ code: 'USAGE', message: 'no input; nothing was written' });
    }
    const given = answer.trim().toLowerCase();
    if (given === '') return first;
    const found =
      answers.find((answer) => answer === given) ?? answers.find((answer) => answer.startsWith(given));
    if (found) return found;
    io.stderr.write(`Enter one of ${answers.join(', ')}.\n`);
  }
}

/** Returns the kinds of token of a service that can be found without the name of a scope. */
function adoptedKinds(service: ServiceInfo): readonly Kind[] {
  return tokenKinds
    .filter((one) => one.service === service && one.levels.every(({ isListed }) => isListed))
    .map(({ kind }) => kind);
}

async function liveTokens(
  { io, runtime }: Session,
  connections: Connections,
  service: ServiceInfo,
): Promise<Listed> {
  const selection = { kinds: adoptedKinds(service), scopes: {} };
  return withState({}, runtime, (state) => listTokens(connections, selection, state, runtime, io.interrupt));
}

/** Writes a new file, appends missing lines to one, or replaces one; returns which of these it did. */
async function place(
  cwd: string,
  { path, content, append, replaces }: StarterFile,
): Promise<'written' | 'changed' | undefined> {
  const target = join(cwd, path);
  const before = await readBoundedFile(target).catch((error: NodeJS.ErrnoException) => {
    throw cantWrite(path, error);
  });
  if (before !== undefined && !append && !replaces) return undefined;
  const known = new Set(before?.split(/\r?\n/));
  const missing = content.split('\n').filter((line) => line !== '' && !known.has(line));
  if (before !== undefined && missing.length === 0) return undefined;
  const end = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n';
  try {
    await mkdir(dirname(target), { recursive: true });
    if (before === undefined) await writeFile(target, content, { flag: 'wx' });
    else if (replaces) await writeFile(target, content);
    // The existing content may be in any encoding: it is not touched.
    else await appendFile(target, `${end}${missing.join('\n')}\n`);
  } catch (error) {
    throw cantWrite(path, error);
  }
  return before === undefined ? 'written' : 'changed';
}

function cantWrite(path: string, error: unknown): ReconcileError {
  return new ReconcileError({
    code: 'USAGE',
    message: `${path}: ${describeWriteError(error)}`,
    hint: 'run it in a writable folder',
  });
}
