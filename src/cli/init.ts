import { access, appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReconcileError } from '../core/errors.ts';
import type { Kind } from '../core/model.ts';
import { readSmall } from '../custody/files.ts';
import type { Connections } from '../wire/connect.ts';
import { type Listed, type ListedToken, listTokens } from '../wire/list.ts';
import {
  firstManifest,
  type Pipeline,
  pipelineSecrets,
  policyPath,
  type StarterFile,
  type StarterService,
  starterFiles,
  tryCredentials,
} from '../wire/starter.ts';
import { readState, stateFolder } from '../wire/state.ts';
import { connect } from './connect.ts';
import { exitCodes } from './io.ts';
import type { ConnectionOptions, OutputOptions } from './options.ts';
import { load, type Session } from './session.ts';

/** What `init` would otherwise ask for. */
export type InitOptions = OutputOptions &
  ConnectionOptions & {
    readonly service?: StarterService;
    readonly ci?: Pipeline;
    /** Whether the tokens that are there become entries. */
    readonly adopt?: boolean;
  };

const kinds: Readonly<Record<StarterService, Kind>> = {
  ionos: 'registry_token',
  'docker-hub': 'docker_hub_personal_token',
};

/** `reconcile init`: a first manifest, and what belongs around it. Writes over nothing, and nothing before all is known. */
export async function init(session: Session, options: InitOptions): Promise<number> {
  const { io, runtime } = session;
  const asks = io.stdin.isTTY && io.stderr.isTTY;
  const service =
    options.service ?? (asks ? await choose(session, 'Which service?', ['ionos', 'docker-hub']) : undefined);
  if (!service) {
    throw new ReconcileError({
      code: 'USAGE',
      message: 'nobody is there to be asked',
      hint: 'say --service ionos or --service docker-hub, and --adopt or --ci github where that is wanted',
    });
  }
  const connections = connect(session, options);
  let adopted: readonly ListedToken[] = [];
  let isComplete = true;
  let pipeline = options.ci;
  try {
    await tryCredentials(connections, kinds[service], io.interrupt);
    session.note('The credentials work.');
    const adopts =
      options.adopt ??
      (asks && (await choose(session, 'Begin with the tokens that are there?', ['yes', 'no'])) === 'yes');
    if (adopts) {
      const listed = await liveTokens(session, connections, service);
      session.tellAll(listed.problems, 'warning');
      adopted = listed.tokens;
      isComplete = listed.problems.length === 0;
      session.note(`${adopted.length} live ${adopted.length === 1 ? 'token' : 'tokens'}.`);
    }
    pipeline ??= asks ? await choose(session, 'Which pipeline?', ['github', 'gitlab', 'none']) : 'none';
  } finally {
    await connections.close();
  }

  const manifest = {
    path: await manifestPath(io.cwd, service),
    content: firstManifest(service, adopted, runtime),
  };
  const written: string[] = [];
  for (const file of await starterFiles(manifest, service, pipeline, io.examples)) {
    const done = await place(io.cwd, file);
    if (done) written.push(file.path);
    else session.note(`${file.path} is there already: left as it is.`);
  }
  if (adopted.length > 0 && !written.includes(manifest.path)) {
    session.note(`reconcile export --kind ${kinds[service]} shows what could be added to it.`);
  }
  if (pipeline !== 'none') await tellOfPipeline(session, options);
  if (options.format === 'json') session.printJson({ version: 1, written });
  else
    session.print(
      [...written.map((path) => `  + ${path}`), '', next(manifest.path, service, pipeline), ''].join('\n'),
    );
  return isComplete ? exitCodes.done : exitCodes.partial;
}

const firstPath = 'tokens/tokens.yaml';

/** Where the manifest goes: beside one that is about something else. */
async function manifestPath(cwd: string, service: StarterService): Promise<string> {
  const there = await readSmall(join(cwd, firstPath)).catch(() => undefined);
  const isAboutIt = there?.includes(service === 'ionos' ? 'registry_token' : 'docker_hub_') ?? true;
  return isAboutIt ? firstPath : `tokens/${service}.yaml`;
}

/** What will keep a pipeline from being green, or from being run at all. */
async function tellOfPipeline(session: Session, { allowInsecureHttp }: InitOptions): Promise<void> {
  const { errors } = await load(session, ['tokens'], {
    policy: [policyPath],
    strict: false,
    allowHost: [],
    allowFileReference: [],
    allowSinkDir: [],
    allowInsecureHttp,
  });
  if (errors.length > 0) {
    session.note(
      `The pipeline holds tokens to ${policyPath}, and ${errors.length === 1 ? 'one thing breaks' : `${errors.length} things break`} it:\nreconcile validate tokens --policy ${policyPath} shows them. Mend them, or the policy.`,
    );
  }
  if (await isInside(session.io.cwd)) {
    session.note('This is no root of a repository, and pipelines are read there only: move what is theirs.');
  }
}

/** Whether a folder is inside a repository, and not its root. */
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

/** One of a few answers; the first where none is given. */
async function choose<const T extends string>(
  { io }: Session,
  question: string,
  answers: readonly [T, ...T[]],
): Promise<T> {
  const [first] = answers;
  for (;;) {
    const answer = await io.ask(`${question} (${answers.join(', ')}) [${first}] `, io.interrupt);
    if (answer === undefined) {
      throw new ReconcileError({ code: 'USAGE', message: 'there was no answer; nothing was written' });
    }
    const given = answer.trim().toLowerCase();
    if (given === '') return first;
    const found =
      answers.find((answer) => answer === given) ?? answers.find((answer) => answer.startsWith(given));
    if (found) return found;
    io.stderr.write(`One of ${answers.join(', ')}, please.\n`);
  }
}

async function liveTokens(
  { io, runtime }: Session,
  connections: Connections,
  service: StarterService,
): Promise<Listed> {
  const state = await readState(await stateFolder({}, runtime));
  return listTokens(connections, { kinds: [kinds[service]], scopes: {} }, state, runtime, io.interrupt);
}

/** Writes a file that isn't there, or the lines that one lacks. Whether there was anything to write. */
async function place(cwd: string, { path, content, append }: StarterFile): Promise<boolean> {
  const target = join(cwd, path);
  const before = await readSmall(target).catch((error: NodeJS.ErrnoException) => {
    throw cantWrite(path, error);
  });
  if (before !== undefined && !append) return false;
  const known = new Set(before?.split(/\r?\n/));
  const missing = content.split('\n').filter((line) => line !== '' && !known.has(line));
  if (before !== undefined && missing.length === 0) return false;
  const end = before === undefined || before === '' || before.endsWith('\n') ? '' : '\n';
  try {
    await mkdir(dirname(target), { recursive: true });
    // What is there may be in any encoding: it is not touched.
    if (before === undefined) await writeFile(target, content, { flag: 'wx' });
    else await appendFile(target, `${end}${missing.join('\n')}\n`);
  } catch (error) {
    throw cantWrite(path, error as NodeJS.ErrnoException);
  }
  return true;
}

function cantWrite(path: string, { code, message }: NodeJS.ErrnoException): ReconcileError {
  return new ReconcileError({
    code: 'USAGE',
    message: `${path}: can't be written (${code ?? message})`,
    hint: 'run it where you may write',
  });
}

function next(path: string, service: StarterService, pipeline: Pipeline): string {
  const first = `Next: look at ${path}, then reconcile plan tokens.`;
  return pipeline === 'none'
    ? first
    : `${first}\nThe pipeline needs these secrets: ${pipelineSecrets[service].join(', ')}.`;
}
