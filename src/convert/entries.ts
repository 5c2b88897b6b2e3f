import { formatInstant, parseInstant } from '../core/instant.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { addressOf, type Kind } from '../core/model.ts';
import type { Left, Task } from './tasks.ts';
import { resolve } from './template.ts';

/** An entry of a manifest that a task has become. */
export interface Entry {
  readonly address: string;
  readonly values: JsonObject;
  /** What is to be said of it. */
  readonly remarks: readonly string[];
  readonly task: Task;
}

/** What becomes of a task: an entry, and what of it could not be converted. */
export interface Converted {
  readonly entry?: Entry;
  readonly left: readonly Left[];
}

/** The connection, whose options the environment has: by what names, and what they are called here. */
const connections: Readonly<Record<string, { readonly field: string; readonly variable: string }>> = {
  api_url: { field: 'api_url', variable: 'IONOS_API_URL' },
  certificate_fingerprint: { field: 'certificate_fingerprint', variable: 'IONOS_CERTIFICATE_FINGERPRINT' },
  username: { field: 'username', variable: 'IONOS_USERNAME' },
  subscription_user: { field: 'username', variable: 'IONOS_USERNAME' },
  password: { field: 'password', variable: 'IONOS_PASSWORD' },
  subscription_password: { field: 'password', variable: 'IONOS_PASSWORD' },
  token: { field: 'token', variable: 'IONOS_TOKEN' },
};

/** Converts a task. */
export function convertTask(task: Task): Converted {
  const isRegistry = task.module.endsWith('registry_token');
  const isLogin =
    /docker_hub_token$/.test(task.module) &&
    task.args['token_label'] === undefined &&
    task.args['uuid'] === undefined;
  if (isLogin) {
    return {
      left: [
        {
          source: task.source,
          message:
            'the login is not needed: DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD are read from the environment',
        },
      ],
    };
  }
  const reader = createReader(task);
  const entry = isRegistry ? registryToken(reader, task) : personalToken(reader, task);
  if (task.when !== undefined) {
    reader.leave(
      `when: ${task.when}: a manifest has no conditions; the token is ${entry?.values['state'] === 'absent' ? 'deleted' : 'declared'} in any case`,
    );
  }
  return { ...(entry && { entry }), left: reader.left };
}

interface Reader {
  readonly left: readonly Left[];
  leave(message: string): void;
  /** An option's value; `undefined` where it isn't stated, or hidden, which is said. */
  read(option: string): Json | undefined;
  text(option: string): string | undefined;
  flag(option: string): boolean | undefined;
  /** The fields of the connection, as references to what it was taken from. */
  connection(kind: Kind): JsonObject;
  /** Says what options are none. */
  refuseOthers(known: readonly string[]): void;
}

function createReader({ args, variables, source }: Task): Reader {
  const left: Left[] = [];
  const leave = (message: string): void => {
    left.push({ source, message });
  };
  const read = (option: string): Json | undefined => {
    const written = args[option];
    if (written === undefined || written === null) return undefined;
    const known = resolve(written, variables);
    if ('value' in known) return known.value === '' ? undefined : known.value;
    leave(
      `${option}: ${'env' in known ? `lookup('env', '${known.env}')` : known.hidden} is not known here; fill it in`,
    );
    return undefined;
  };
  return {
    left,
    leave,
    read,
    text(option) {
      const value = read(option);
      if (value === undefined) return undefined;
      if (typeof value !== 'object') return String(value);
      leave(`${option}: it is no text`);
      return undefined;
    },
    flag(option) {
      const value = read(option);
      if (value === undefined) return undefined;
      if (typeof value === 'boolean') return value;
      if (/^(yes|on|true|1)$/i.test(String(value))) return true;
      if (/^(no|off|false|0)$/i.test(String(value))) return false;
      leave(`${option}: it is neither true nor false`);
      return undefined;
    },
    connection(kind) {
      const fields: [string, Json][] = [];
      for (const [option, { field, variable }] of Object.entries(connections)) {
        const written = args[option];
        if (written === undefined || written === null) continue;
        const own = kind === 'registry_token' ? variable : variable.replace('IONOS', 'DOCKER_HUB');
        const known = resolve(written, variables);
        if ('env' in known && known.env === own) continue;
        if ('env' in known && field !== 'api_url') fields.push([field, `\${env:${known.env}}`]);
        else
          leave(
            `${option}: it is left out; ${field === 'api_url' ? 'set' : 'keep it in the environment, as'} ${own}`,
          );
      }
      return Object.fromEntries(fields);
    },
    refuseOthers(known) {
      for (const option of Object.keys(args)) {
        if (known.includes(option) || option in connections) continue;
        leave(`${option}: there is nothing like it in a manifest`);
      }
    },
  };
}

const registryOptions = [
  'registry',
  'name',
  'registry_token',
  'scopes',
  'expiry_date',
  'status',
  'allow_replace',
  'wait',
  'wait_timeout',
  'state',
];

function registryToken(reader: Reader, task: Task): Entry | undefined {
  const remarks: string[] = [];
  reader.refuseOthers(registryOptions);
  const registry = reader.text('registry');
  const ref = reader.text('registry_token');
  let name = reader.text('name');
  let state = reader.text('state') ?? 'present';
  if (state === 'present' && name === undefined && ref !== undefined) {
    state = 'update';
    reader.leave('state: it says present, and names no token but one that is there: taken for update');
  }
  if (!['present', 'absent', 'update'].includes(state)) {
    reader.leave(`state: ${state} is none; the task is not converted`);
    return undefined;
  }
  const needed = state === 'present' ? name : ref;
  if (registry === undefined || needed === undefined) {
    reader.leave(
      `it is not known ${registry === undefined ? 'in which registry' : 'which token'}: the task is not converted`,
    );
    return undefined;
  }
  if (name !== undefined && state !== 'absent') name = serviceName(name, reader);
  const values: JsonObject = {
    kind: 'registry_token',
    ...(state !== 'present' && { state }),
    registry,
    ...(state !== 'present' && ref !== undefined && { registry_token: ref }),
    ...(state !== 'absent' && name !== undefined && { name }),
    ...(state !== 'absent' && registryFields(reader)),
    ...waiting(reader),
    ...reader.connection('registry_token'),
    ...(state !== 'absent' &&
      secretOf(task, name ?? ref ?? '', state === 'present' || name !== undefined, remarks)),
  };
  const address = addressOf('registry_token', registry, (state === 'absent' ? undefined : name) ?? ref ?? '');
  return { address, values, remarks, task };
}

/** A name that the service takes: letters, digits and dashes. */
function serviceName(name: string, reader: Reader): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/.test(name)) return name;
  const fitting = name
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .replace(/^[^A-Za-z]+|-+$/g, '')
    .slice(0, 63);
  if (fitting.length < 2) return name;
  reader.leave(`name: the service takes no "${name}"; here it is called ${fitting}`);
  return fitting;
}

function registryFields(reader: Reader): JsonObject {
  const scopes = scopesOf(reader);
  const expiry = reader.text('expiry_date');
  const status = reader.text('status')?.toLowerCase();
  const allowReplace = reader.flag('allow_replace');
  const instant = expiry === undefined ? undefined : parseInstant(expiry, 'utc');
  if (expiry !== undefined && instant === undefined)
    reader.leave(`expiry_date: ${expiry} is no instant; it is left out`);
  const isStatus = status === undefined || status === 'enabled' || status === 'disabled';
  if (!isStatus) reader.leave(`status: ${status} is neither enabled nor disabled; it is left out`);
  return {
    ...(scopes && { scopes }),
    ...(instant !== undefined && { expiry_date: formatInstant(instant) }),
    ...(status !== undefined && isStatus && { status }),
    ...(allowReplace && { allow_replace: true }),
  };
}

function scopesOf(reader: Reader): Json | undefined {
  const written = reader.read('scopes');
  if (written === undefined) return undefined;
  if (!Array.isArray(written)) {
    reader.leave('scopes: it is no list; it is left out');
    return undefined;
  }
  return (written as readonly Json[]).flatMap((scope) => {
    if (!isObject(scope) || typeof scope['name'] !== 'string' || typeof scope['type'] !== 'string') {
      reader.leave('scopes: one without type, name and actions is left out');
      return [];
    }
    const { type, name, actions } = scope;
    const texts = [actions ?? []].flat().map(String);
    const separate = texts.flatMap((text) => text.trim().split(/[\s,]+/));
    if (separate.length > texts.length)
      reader.leave(`scopes: ${texts.join(', ')} is one text; taken for ${separate.length} actions`);
    return [{ type, name, actions: separate }];
  });
}

function waiting(reader: Reader): JsonObject {
  const wait = reader.flag('wait');
  const timeout = Number(reader.text('wait_timeout') ?? Number.NaN);
  return {
    ...(wait === false && { wait }),
    ...(timeout > 0 && timeout !== 600 && { wait_timeout: timeout }),
  };
}

const personalOptions = [
  'command',
  'uuid',
  'token_label',
  'scopes',
  'is_active',
  'state',
  'expires_at',
  'url',
  'api',
];
const commands: Readonly<Record<string, string>> = { create: 'present', update: 'update', delete: 'absent' };
const personalScopes = ['repo:admin', 'repo:write', 'repo:read', 'repo:public_read'];

function personalToken(reader: Reader, task: Task): Entry | undefined {
  const remarks: string[] = [];
  reader.refuseOthers(personalOptions);
  const command = reader.text('command') ?? 'create';
  const state = reader.text('state') ?? commands[command];
  if (state === undefined || !['present', 'absent', 'update'].includes(state)) {
    reader.leave(`command: ${command} is none; the task is not converted`);
    return undefined;
  }
  const label = reader.text('token_label');
  const uuid = reader.text('uuid');
  if (label === undefined && uuid === undefined) {
    reader.leave('it is not known which token: the task is not converted');
    return undefined;
  }
  const scopes = reader.read('scopes');
  const known = [scopes ?? []].flat().filter((scope) => personalScopes.includes(String(scope)));
  if (scopes !== undefined && known.length < [scopes].flat().length)
    reader.leave('scopes: some are none of Docker Hub’s; they are left out');
  const isActive = reader.flag('is_active');
  const values: JsonObject = {
    kind: 'docker_hub_personal_token',
    ...(state !== 'present' && { state }),
    ...(uuid !== undefined && { uuid }),
    ...(label !== undefined && !(state === 'absent' && uuid !== undefined) && { token_label: label }),
    ...(state !== 'absent' && known.length > 0 && { scopes: known }),
    ...(state !== 'absent' && isActive !== undefined && { is_active: isActive }),
    ...secretOf(task, label ?? uuid ?? '', state === 'present', remarks),
  };
  if (task.args['token'] !== undefined)
    remarks.push('it logs in by itself, with DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD');
  return { address: addressOf('docker_hub_personal_token', '', label ?? uuid ?? ''), values, remarks, task };
}

/** Where the secret goes that the task has put into a variable: a place to fill in. */
function secretOf({ register }: Task, name: string, makes: boolean, remarks: string[]): JsonObject {
  if (!makes) return {};
  if (register === undefined) {
    remarks.push('nothing has taken its secret: add where it goes before the token is made');
    return {};
  }
  remarks.push(`its secret went to the variable ${register}: say where it is to go now`);
  const file = name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'token';
  return { secret: [{ file: { path: `secrets/${file}.json` } }] };
}
