import type { WantedState } from '../core/model/desired.ts';
import { formatInstant, parseInstant } from '../core/util/instant.ts';
import type { Json, JsonObject } from '../core/util/json.ts';
import { connectionOptionNames, type Task, type TaskReader } from './reader.ts';
import { secretOf } from './secret.ts';
import type { Operation } from './tokens.ts';
import { isList, isMapping, openMap, own, reference, referred, unknown, type Value } from './value.ts';

/** The outcome of converting a task; without an operation it can't be converted. */
export interface Draft {
  readonly operation?: Operation;
  /** The token that the task may create; `undefined` if it creates none. */
  readonly creates?: { readonly name?: string; readonly scope?: string };
  /** Its result, for tasks that use it. */
  readonly result?: Value;
}

/** The options that the module `registry_token` accepts, those of the connection included. */
export const registryTokenOptions: ReadonlySet<string> = new Set([
  ...['registry', 'name', 'registry_token', 'scopes', 'expiry_date', 'status', 'allow_replace', 'wait'],
  ...['wait_timeout', 'state', ...connectionOptionNames],
]);

/**
 * Converts a task of `registry_token`.
 *
 * @param isMade tells whether an earlier task creates the token of this key, so that its name is known
 */
export function convertRegistryToken(
  reader: TaskReader,
  task: Task,
  isMade: (key: string) => boolean,
): Draft {
  const registry = registryOf(reader);
  const scope = registry === undefined ? {} : { scope: registry };
  const state = reader.text('state') ?? 'present';
  if (reader.isHidden('state')) {
    reader.reportUnconverted('unknown state: the task is not converted');
    return { creates: scope };
  }
  if (!isState(state)) {
    reader.reject(`state: ${state} is not a state`);
    return {};
  }
  const name = state === 'absent' ? undefined : reader.text('name');
  const { identity: account, fields: connection, problems } = reader.connection();
  const ref = state === 'present' ? undefined : refOf(reader, account, registry);
  const target = state === 'present' ? name : ref?.name;
  const creates = createsOf(state, reader, name, scope);
  const needed = ['registry', state === 'present' ? 'name' : 'registry_token'];
  const missing = needed.find((option) => !reader.isStated(option));
  if (missing !== undefined) {
    reader.reject(`${missing}: the module needs it with state: ${state}`);
    return {};
  }
  if (registry === undefined || target === undefined || (state === 'update' && reader.isHidden('name'))) {
    reader.reportUnconverted(
      `unknown ${registry === undefined ? 'registry' : 'token'}: the task is not converted`,
    );
    return creates;
  }
  const key = keyOf(account, registry, target);
  const isRename = state === 'update' && name !== undefined && name !== target;
  const remarks: string[] = [];
  for (const problem of problems) reader.reportUnconverted(problem);
  const called = state === 'absent' || name === undefined ? undefined : serviceName(name, reader);
  const known = name ?? (isMade(key) ? target : undefined);
  return {
    ...creates,
    operation: {
      kind: 'registry_token',
      state,
      key,
      name: target,
      ...scope,
      ...(isRename && { renamed: { key: keyOf(account, registry, name), name } }),
      identity: {
        registry,
        ...(state !== 'present' && { registry_token: target }),
        ...(called !== undefined && { name: called }),
      },
      values: {
        ...(state !== 'absent' && registryFields(reader)),
        ...waiting(reader),
        ...connection,
        ...(state !== 'absent' &&
          secretOf(task.register, called ?? target, state === 'present' || called !== undefined, remarks)),
      },
      remarks,
      source: task.source,
      root: task.root,
    },
    result: resultOf(state, isRename ? keyOf(account, registry, name) : key, known),
  };
}

function isState(state: string): state is WantedState {
  return ['present', 'absent', 'update'].includes(state);
}

function createsOf(
  state: WantedState,
  reader: TaskReader,
  name: string | undefined,
  scope: { scope?: string },
): Draft {
  const mayCreate = state === 'present' || (state === 'update' && (name ?? reader.isHidden('name')));
  if (!mayCreate) return {};
  const isKnown = name !== undefined && scope.scope !== undefined;
  return { creates: isKnown ? { ...scope, name } : scope };
}

/** Returns the name or ID of the registry; a task that creates one gives its name for both. */
function registryOf(reader: TaskReader): string | undefined {
  const value = reader.read('registry');
  return referred(value, 'registry') ?? (value === undefined ? undefined : reader.text('registry'));
}

/** Returns the token that the playbook refers to, by name or ID, or as the result of an earlier task. */
function refOf(
  reader: TaskReader,
  account: string,
  registry: string | undefined,
): { readonly name: string } | undefined {
  const value = reader.read('registry_token');
  const key = referred(value, 'token');
  if (key === undefined) {
    const written = value === undefined ? undefined : reader.text('registry_token');
    return written === undefined ? undefined : { name: written };
  }
  const [ofAccount, ofRegistry, name] = JSON.parse(key) as readonly string[];
  // The ID never belongs to a token of another account or registry.
  return name === undefined || ofAccount !== account || ofRegistry !== registry ? undefined : { name };
}

function keyOf(account: string, registry: string, name: string): string {
  return JSON.stringify([account, registry, name]);
}

/** Returns the parts of the module's result that later tasks can use. */
function resultOf(state: WantedState, key: string, name: string | undefined): Value {
  if (state === 'absent') return openMap({});
  const called: Value = name ?? unknown('the name of a token that is known by its ID');
  return openMap({
    registry_token: openMap({
      id: reference('token', key),
      properties: openMap({ name: called, credentials: openMap({ username: called }) }),
    }),
  });
}

/** Returns a name that the service accepts: letters, digits and dashes. */
function serviceName(name: string, reader: TaskReader): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/.test(name)) return name;
  const fitting = name
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^[^A-Za-z]+|-+$/g, '')
    .slice(0, 63);
  if (fitting.length < 2) return name;
  reader.reportUnconverted(`name: the service doesn't accept "${name}"; renamed to ${fitting}`);
  return fitting;
}

function registryFields(reader: TaskReader): JsonObject {
  const scopes = scopesOf(reader);
  const expiry = reader.text('expiry_date');
  const status = reader.text('status')?.toLowerCase();
  const allowReplace = reader.flag('allow_replace');
  const instant = expiry === undefined ? undefined : parseInstant(expiry, 'utc');
  if (expiry !== undefined && instant === undefined)
    reader.reportUnconverted(`expiry_date: ${expiry} is not an instant; it is left out`);
  const isStatus = status === undefined || status === 'enabled' || status === 'disabled';
  if (!isStatus)
    reader.reportUnconverted(`status: ${status} is neither enabled nor disabled; it is left out`);
  return {
    ...(scopes && { scopes }),
    ...(instant !== undefined && { expiry_date: formatInstant(instant) }),
    ...(status !== undefined && isStatus && { status }),
    ...(allowReplace && { allow_replace: true }),
  };
}

/** Returns the scopes, all of them or none: fewer than the playbook states would remove rights. */
function scopesOf(reader: TaskReader): Json | undefined {
  const written = reader.read('scopes');
  if (written === undefined) return undefined;
  if (!isList(written)) {
    reader.reportUnconverted('scopes: not a list; all scopes are left out');
    return undefined;
  }
  const scopes: Json[] = [];
  for (const scope of written) {
    const [type, name, actions] = isMapping(scope)
      ? [own(scope, 'type'), own(scope, 'name'), own(scope, 'actions')]
      : [];
    const texts = typeof actions === 'string' ? [actions] : isList(actions) ? actions : undefined;
    const isRead =
      typeof type === 'string' &&
      typeof name === 'string' &&
      texts?.every((text) => typeof text === 'string');
    if (!isRead) {
      reader.reportUnconverted(
        'scopes: every scope needs a type, a name and actions, all of them strings; all scopes are left out',
      );
      return undefined;
    }
    const separate = texts.flatMap((text) =>
      String(text)
        .trim()
        .split(/[\s,]+/),
    );
    if (separate.length > texts.length)
      reader.reportUnconverted(
        `scopes: ${texts.join(', ')} is one string; read as ${separate.length} actions`,
      );
    scopes.push({ type, name, actions: separate });
  }
  return scopes;
}

function waiting(reader: TaskReader): JsonObject {
  const wait = reader.flag('wait');
  const timeout = Number(reader.text('wait_timeout') ?? Number.NaN);
  return {
    ...(wait === false && { wait }),
    ...(timeout > 0 && timeout !== 600 && { wait_timeout: timeout }),
  };
}
