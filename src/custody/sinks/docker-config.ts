import equal from 'fast-deep-equal';
import { applyEdits, modify } from 'jsonc-parser';
import { isObject, type JsonObject } from '../../core/json.ts';

/** The members of the docker CLI's configuration that say where logins are kept. */
export interface DockerConfig {
  /** The configuration; empty where there is none yet. */
  readonly text: string;
  readonly values: JsonObject;
}

/** Reads `config.json`; `undefined` if it isn't one. */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  if (text.trim() === '') return { text: '', values: {} }; // as the docker CLI takes it
  try {
    const values: unknown = JSON.parse(text);
    if (!isObject(values)) return undefined;
    const auths = values['auths'] ?? {};
    return isObject(auths) ? { text, values } : undefined;
  } catch {
    return undefined;
  }
}

/** The credential helper that the docker CLI asks about a login; `undefined` where it uses its file. */
export function helperOf({ values }: DockerConfig, key: string): string | undefined {
  const helpers = values['credHelpers'];
  const own = isObject(helpers) ? helpers[key] : undefined;
  const helper = own ?? values['credsStore']; // an empty one of its own means the file
  return typeof helper === 'string' && helper !== '' ? helper : undefined;
}

/**
 * The configuration's text with a login put in; all else stays as it is, to the byte. `undefined` where that
 * can't be done: a key that stands there twice.
 */
export function withLogin({ text }: DockerConfig, key: string, auth: string): string | undefined {
  if (text === '') return JSON.stringify({ auths: { [key]: { auth } } }, null, '\t');
  const after = applyEdits(text, modify(text, ['auths', key], { auth }, {}));
  const auths = parseDockerConfig(after)?.values['auths'];
  return isObject(auths) && equal(auths[key], { auth }) ? after : undefined;
}
