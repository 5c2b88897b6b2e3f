import { helperTimeoutSeconds } from '../../core/model/sinks/docker.ts';
import { isObject, parseJson } from '../../core/util/json.ts';
import { findProgram } from '../../system/find-program.ts';
import { outputTail } from '../../system/output-tail.ts';
import { type ProgramResult, runProgram } from '../../system/run-program.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import { dockerAuthKey, maskSecretEncodings } from './format.ts';
import { sinkError } from './sink-error.ts';

/** A program that stores logins for the docker CLI, for example `docker-credential-pass`. */
export interface CredentialHelper {
  /** The name without `docker-credential-`. */
  readonly name: string;
  /** The configuration that names the helper, as the user wrote its path. */
  readonly config: string;
  /** The working directory of the helper. */
  readonly folder: string;
  readonly context: SinkContext;
}

/**
 * Checks a helper by listing its logins. Throws if that fails, as storing a login would fail too. If nothing may be run,
 * only checks that the program exists.
 */
export async function checkHelper(helper: CredentialHelper): Promise<void> {
  const { env, mayTry } = helper.context;
  if (!mayTry) {
    const found = await findProgram(programOf(helper), env, helper.folder);
    if ('why' in found) throw sinkError(helper.config, found.why, found.hint);
    return;
  }
  rejectFailed(helper, await run(helper, 'list', ''), helper.context.mask);
}

/**
 * Stores a login with a helper, and checks that the helper returns it. Some helpers keep several logins for a host, one for
 * each user name, and return any of them: then all are erased, and the login is stored again. Throws `SINK_FAILED` if the
 * helper still returns another one.
 */
export async function storeLogin(helper: CredentialHelper, delivery: SecretPayload): Promise<void> {
  await store(helper, delivery);
  if (!(await givesAnother(helper, delivery))) return;
  const key = dockerAuthKey(delivery.registry);
  rejectFailed(helper, await run(helper, 'erase', key), maskOf(helper, delivery));
  await store(helper, delivery);
  if (!(await givesAnother(helper, delivery))) return;
  throw sinkError(
    programOf(helper),
    `for ${key} it returns another login than the one just stored`,
    'remove that login from it by hand, and run again',
  );
}

async function store(helper: CredentialHelper, delivery: SecretPayload): Promise<void> {
  const login = {
    ServerURL: dockerAuthKey(delivery.registry),
    Username: delivery.username,
    Secret: delivery.secret.reveal(),
  };
  const ending = await run(helper, 'store', JSON.stringify(login));
  rejectFailed(helper, ending, maskOf(helper, delivery));
}

/** Tells whether a helper certainly returns another login than this one. Its output may hold a secret and goes nowhere. */
async function givesAnother(helper: CredentialHelper, delivery: SecretPayload): Promise<boolean> {
  const { failure, stdout, output } = await run(helper, 'get', dockerAuthKey(delivery.registry));
  // The output of helpers for a login that they don't have. Any other failure says nothing about the login.
  if (failure !== undefined) return /\bcredentials not found\b/i.test(output);
  const login = parseJson(stdout);
  if (!isObject(login)) return false;
  return login['Username'] !== delivery.username || login['Secret'] !== delivery.secret.reveal();
}

async function run(
  helper: CredentialHelper,
  verb: 'list' | 'store' | 'get' | 'erase',
  input: string,
): Promise<ProgramResult> {
  const { folder, context } = helper;
  return runProgram({
    program: await findHelper(helper),
    args: [verb],
    folder,
    env: context.env,
    input,
    timeoutSeconds: helperTimeoutSeconds,
    ...(context.end && { end: context.end }),
    stdout: verb === 'get' ? 'answer' : 'complaint',
  });
}

async function findHelper({ name, config, folder, context }: CredentialHelper): Promise<string> {
  // A name with a slash would be a path, and could run any program.
  const found = /^[\w.-]+$/.test(name)
    ? await findProgram(`docker-credential-${name}`, context.env, folder)
    : { why: 'its credential helper has an invalid name', hint: 'fix credsStore and credHelpers' };
  if ('path' in found) return found.path;
  throw sinkError(config, found.why, found.hint);
}

function rejectFailed(
  helper: CredentialHelper,
  { failure, output }: ProgramResult,
  mask: (text: string) => string,
): void {
  if (failure === undefined) return;
  const words = outputTail(output, mask);
  throw sinkError(
    programOf(helper),
    words === '' ? failure : `${failure}: ${words}`,
    `${helper.config} configures this credential helper; check that docker login works`,
  );
}

function programOf({ name }: CredentialHelper): string {
  return `docker-credential-${name}`;
}

function maskOf({ context }: CredentialHelper, delivery: SecretPayload): (text: string) => string {
  return (text) => context.mask(maskSecretEncodings(delivery, text));
}
