import type { Environment } from '../find-program.ts';

/** A key and value of Git's configuration. A key may repeat. */
export type GitSetting = readonly [key: string, value: string];

/** Variables that a user may set for Git outside of a checkout: credentials, transport, configuration files. */
const allowed =
  /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|EXEC_PATH|ALLOW_PROTOCOL|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|(SSL|HTTP|PROXY)_\w+)$/;

/** The transports that are allowed unless the user sets others. Git has more, and `ext::` runs any program. */
const protocols = 'file:git:http:https:ssh';

/** Settings for every run. They come last, so they override the user's. */
const ownSettings: readonly GitSetting[] = [
  // A checkout can contain folders that look like a bare repository, with a configuration of their own.
  ['safe.bareRepository', 'explicit'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  // The private repository is thrown away, so nothing is flushed to the disk, packed or signed.
  ['core.fsync', 'none'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['push.gpgSign', 'false'],
  ['push.followTags', 'false'],
  ['init.defaultBranch', 'main'],
  ['color.ui', 'false'],
];

/**
 * Returns the environment for `git`. Of the variables that Git reads itself only an allow-list passes: the others could
 * redirect it to a checkout, or print credentials. Settings are passed by variables, as arguments can be read by other users.
 */
export function gitEnvironment(env: Environment, settings: readonly GitSetting[] = []): Environment {
  const isGits = (name: string): boolean => name.toUpperCase().startsWith('GIT_');
  const isAllowed = (name: string): boolean => !isGits(name) || allowed.test(name.toUpperCase());
  const passed = Object.entries(env).filter(([name]) => isAllowed(name) && name !== 'RECONCILE_STATE_KEY');
  const entries = [...userSettings(env), ...settings, ...ownSettings];
  return {
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: protocols,
    ...Object.fromEntries(passed),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** Returns the settings that the user passes by `GIT_CONFIG_COUNT`, as far as they are complete. */
function userSettings(env: Environment): readonly GitSetting[] {
  const count = Number(env['GIT_CONFIG_COUNT'] ?? 0);
  if (!Number.isInteger(count) || count > maxUserSettings) return [];
  return Array.from({ length: Math.max(0, count) }, (_, index): GitSetting | undefined => {
    const [key, value] = [env[`GIT_CONFIG_KEY_${index}`], env[`GIT_CONFIG_VALUE_${index}`]];
    return key === undefined || value === undefined ? undefined : [key, value];
  }).filter((entry) => entry !== undefined);
}

const maxUserSettings = 10_000;
