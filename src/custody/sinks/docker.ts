import { constants } from 'node:fs';
import { access, chown, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ReconcileError } from '../../core/model/errors.ts';
import { fileOfSink } from '../../core/model/sink-place.ts';
import { type DockerSink, dockerConfigPath } from '../../core/model/sinks/docker.ts';
import { probeWrite, removeStaleTempFiles, writeFileAtomic } from '../../system/atomic-write.ts';
import { readSmallBytes, undefinedIfMissing } from '../../system/read-file.ts';
import type { SinkContext } from './context.ts';
import { checkHelper, storeLogin } from './credential-helper.ts';
import type { SecretPayload } from './delivery.ts';
import {
  type DockerConfig,
  emptyConfig,
  helperOf,
  loginIn,
  parseDockerConfig,
  withLogin,
} from './docker-config.ts';
import { basicAuth, dockerAuthKey } from './format.ts';
import { requireReplaceable } from './replaceable.ts';
import { resolveAllowedPath, resolveFile } from './safe-path.ts';
import type { SinkDriver } from './sink-driver.ts';
import { fileError, sinkError } from './sink-error.ts';
import { rejectTracked } from './tracked.ts';

/** The driver of docker sinks. */
export const dockerDriver: SinkDriver<DockerSink> = {
  check: checkDocker,
  deliver: writeDockerLogin,
  helper: async (path, host) => helperOf(await readConfigOrNone(path), dockerAuthKey(host)),
  isThere: {
    async docker(place, from) {
      const at = place.lastIndexOf('#');
      const config = await readConfigOrNone(resolve(from, place.slice(0, at)));
      return loginIn(config, dockerAuthKey(place.slice(at + 1))) !== undefined;
    },
  },
};

/** Approximate length of a login. */
const loginLength = 1024;

/**
 * Throws if a login can't be added to the docker CLI's. A credential helper is asked for its list: if even that fails,
 * storing a login would fail too.
 * @param registry the host to log in to
 */
async function checkDocker(sink: DockerSink, registry: string, context: SinkContext): Promise<void> {
  const shown = shownPath(sink, context);
  try {
    const path = await configPath(sink, context);
    const config = await readConfig(shown, path);
    const name = helperOf(config, dockerAuthKey(registry));
    // Configurations that name the same helper share its logins.
    const place = `${name === undefined ? `login ${path}` : `helper ${name}`} ${dockerAuthKey(registry)}`;
    if (registry !== '' && (context.taken.get(place) ?? sink) !== sink) {
      throw sinkError(
        shown,
        `another token's login for ${registry} goes there too`,
        'a docker configuration has one login per host; set config to another folder',
      );
    }
    context.taken.set(place, sink);
    if (name !== undefined) {
      await checkHelper({ name, config: shown, folder: sink.folder, context });
    } else {
      await rejectTracked(shown, path);
      // The same steps as in the delivery, except for the login.
      const text = configWith(shown, config, dockerAuthKey(registry), 'x'.repeat(loginLength));
      const folder = await nearestFolder(dirname(path));
      await access(folder, constants.W_OK | constants.X_OK);
      if (context.mayTry) await probeWrite(join(folder, basename(path)), text.length);
      await requireReplaceable(shown, path, context.before.mounts);
    }
  } catch (error) {
    throw fileError(shown, dirname(shown), error);
  }
}

/**
 * Stores a login where the docker CLI looks for it: in its credential helper for the host, or in its file. Throws
 * `SINK_FAILED`.
 */
async function writeDockerLogin(
  sink: DockerSink,
  delivery: SecretPayload,
  context: SinkContext,
): Promise<void> {
  const shown = shownPath(sink, context);
  try {
    const path = await configPath(sink, context);
    await inTurn(path, async () => {
      const config = await readConfig(shown, path);
      const name = helperOf(config, dockerAuthKey(delivery.registry));
      if (name !== undefined)
        await storeLogin({ name, config: shown, folder: sink.folder, context }, delivery);
      else await writeLogin(shown, path, config, delivery);
    });
  } catch (error) {
    throw fileError(shown, dirname(shown), error);
  }
}

async function writeLogin(
  shown: string,
  path: string,
  config: DockerConfig,
  delivery: SecretPayload,
): Promise<void> {
  await rejectTracked(shown, path);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const before = await undefinedIfMissing(stat(path));
  await removeStaleTempFiles(path); // a run that was killed may have left logins there
  const text = configWith(shown, config, dockerAuthKey(delivery.registry), basicAuth(delivery));
  await writeFileAtomic(path, text, before ? before.mode & 0o777 : 0o600);
  // If root writes into a user's folder, the user must be able to read the file. Only root can change a file's owner.
  if (before) await chown(path, before.uid, before.gid).catch(() => undefined);
}

async function readConfig(shown: string, path: string): Promise<DockerConfig> {
  const config = parseDockerConfig((await readSmallBytes(path)) ?? new Uint8Array());
  if ('refused' in config) throw invalidConfig(shown, config.refused);
  return config;
}

/** Returns a configuration; an empty one if it can't be read. */
async function readConfigOrNone(path: string): Promise<DockerConfig> {
  const bytes = await readSmallBytes(path).catch(() => undefined);
  const config = parseDockerConfig(bytes ?? new Uint8Array());
  return 'refused' in config ? emptyConfig : config;
}

function configWith(shown: string, config: DockerConfig, key: string, auth: string): string {
  const text = withLogin(config, key, auth);
  if (typeof text !== 'string') throw invalidConfig(shown, text.refused);
  return text;
}

function invalidConfig(shown: string, why: string): ReconcileError {
  return sinkError(shown, `it is not a docker configuration: ${why}`, "fix it; reconcile didn't change it");
}

/** Returns the path of the configuration: in the folder that the manifest names, or where the docker CLI looks. */
async function configPath(sink: DockerSink, context: SinkContext): Promise<string> {
  const shown = shownPath(sink, context);
  const path = fileOfSink(sink, context.env) ?? shown;
  return sink.config === undefined ? resolveFile(shown, path) : resolveAllowedPath(shown, path, sink.within);
}

/** Returns the configuration's path as the user wrote it. */
function shownPath(sink: DockerSink, { env }: SinkContext): string {
  const path = dockerConfigPath(sink, env);
  if (path !== undefined) return path;
  throw sinkError(
    "the docker CLI's configuration",
    "it can't be found: HOME is not set",
    'set DOCKER_CONFIG',
  );
}

/** Returns the folder, or its nearest ancestor that exists. */
async function nearestFolder(folder: string): Promise<string> {
  if (await undefinedIfMissing(stat(folder))) return folder;
  return dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/**
 * Runs deliveries to one configuration one after the other. Deliveries of a run are concurrent, and would overwrite each
 * other.
 */
async function inTurn(path: string, work: () => Promise<void>): Promise<void> {
  const turn = (turns.get(path) ?? Promise.resolve()).then(work);
  const settled = turn.catch(() => undefined);
  turns.set(path, settled);
  await turn.finally(() => {
    if (turns.get(path) === settled) turns.delete(path);
  });
}

const turns = new Map<string, Promise<void>>();
