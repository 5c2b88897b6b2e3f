import type { WantedState } from '../core/model/desired.ts';
import type { Json } from '../core/util/json.ts';
import type { Task, TaskReader } from './reader.ts';
import type { Draft } from './registry-token.ts';
import { secretOf } from './secret.ts';
import { isList, openMap, reference, referred, type Value } from './value.ts';

/** The options that the module `docker_hub_personal_token` accepts. */
export const personalTokenOptions: ReadonlySet<string> = new Set([
  ...['url', 'token', 'command', 'uuid', 'token_label', 'is_active', 'scopes'],
]);

const states: Readonly<Record<string, WantedState>> = {
  create: 'present',
  update: 'update',
  delete: 'absent',
};
const known = ['repo:admin', 'repo:write', 'repo:read', 'repo:public_read'];

/** The default address of the module's requests. */
const defaultUrl = /^https:\/\/hub\.docker\.com\/v2\/access-tokens\/?$/;

/**
 * Converts a task of `docker_hub_personal_token`. A create uses label and scopes, an update label and state, a delete
 * the ID alone: other options have no effect.
 *
 * @param count distinguishes the keys of created tokens: each create adds another one
 */
export function convertPersonalToken(reader: TaskReader, task: Task, count: number): Draft {
  const command = reader.text('command') ?? 'create';
  if (reader.isHidden('command')) {
    reader.reportUnconverted('unknown command: the task is not converted');
    return { creates: {} };
  }
  const state = states[command];
  if (state === undefined) {
    reader.reject(`command: ${command} is not a command`);
    return {};
  }
  return state === 'present' ? created(reader, task, `new:${count}`) : existing(reader, task, state);
}

function created(reader: TaskReader, task: Task, key: string): Draft {
  const label = reader.text('token_label');
  if (!reader.isStated('token_label')) {
    reader.reject('token_label: required for a token');
    return {};
  }
  if (label === undefined) {
    reader.reportUnconverted('unknown token: the task is not converted');
    return { creates: {} };
  }
  ignore(reader, task, ['uuid', 'is_active'], 'create');
  const remarks: string[] = [];
  const scopes = scopesOf(reader);
  const secret = secretOf(task.register, label, true, remarks);
  remarks.push(...loginRemark(task));
  return {
    creates: {},
    operation: {
      kind: 'docker_hub_personal_token',
      state: 'present',
      key,
      isNew: true,
      identity: { token_label: label },
      values: { ...(scopes && { scopes }), ...secret },
      remarks,
      source: task.source,
      root: task.root,
    },
    result: resultOf(key, label),
  };
}

function existing(reader: TaskReader, task: Task, state: 'update' | 'absent'): Draft {
  const value = reader.read('uuid');
  const key = referred(value, 'token');
  const uuid = key !== undefined || value === undefined ? undefined : reader.text('uuid');
  const label = state === 'update' ? reader.text('token_label') : undefined;
  if (!reader.isStated('uuid')) {
    reader.reject(`uuid: the module needs it to ${state === 'update' ? 'update' : 'delete'} a token`);
    return {};
  }
  if ((key ?? uuid) === undefined || reader.isHidden('token_label')) {
    reader.reportUnconverted('unknown token: the task is not converted');
    return {};
  }
  ignore(reader, task, state === 'update' ? ['scopes'] : [], 'update');
  const isActive = state === 'update' ? reader.flag('is_active') : undefined;
  if (reader.isHidden('is_active')) {
    reader.reportUnconverted('unknown is_active: the task is not converted');
    return {};
  }
  const target = key ?? `uuid:${uuid}`;
  return {
    operation: {
      kind: 'docker_hub_personal_token',
      state,
      key: target,
      ...(key !== undefined && { ofResult: true }),
      identity: {
        ...(uuid !== undefined && { uuid }),
        ...(label !== undefined && { token_label: label }),
      },
      values: isActive === undefined ? {} : { is_active: isActive },
      ...(state === 'update' && { implied: { is_active: true } }),
      remarks: loginRemark(task),
      source: task.source,
      root: task.root,
    },
    result: state === 'update' ? resultOf(target, label) : openMap({}),
  };
}

function loginRemark({ options }: Task): readonly string[] {
  return options['token'] === undefined
    ? []
    : ['it logs in itself, with DOCKER_HUB_USERNAME and DOCKER_HUB_PASSWORD'];
}

function ignore(reader: TaskReader, { options }: Task, names: readonly string[], command: string): void {
  for (const name of names) {
    if ((options[name] ?? null) !== null)
      reader.reportUnconverted(
        `${name}: the module doesn't send it with command: ${command}; it is left out`,
      );
  }
}

/** Returns the parts of the module's result that later tasks can use. */
function resultOf(key: string, label: string | undefined): Value {
  const uuid = reference('token', key);
  return openMap({ result: openMap({ uuid, ...(label !== undefined && { token_label: label }) }) });
}

/** Returns the scopes, all of them or none. */
function scopesOf(reader: TaskReader): Json | undefined {
  const written = reader.read('scopes');
  if (written === undefined) return undefined;
  const scopes = typeof written === 'string' ? written.split(',') : isList(written) ? written : [null];
  const texts = scopes.filter((scope): scope is string => known.includes(String(scope)));
  if (texts.length < scopes.length) {
    reader.reportUnconverted('scopes: not all of them are scopes of Docker Hub; all scopes are left out');
    return undefined;
  }
  return texts.length > 0 ? texts : undefined;
}

/** Tells whether the task goes to another server than Docker Hub. */
export function isOtherHub(reader: TaskReader): boolean {
  const url = reader.read('url');
  return reader.isHidden('url') || (url !== undefined && !(typeof url === 'string' && defaultUrl.test(url)));
}
