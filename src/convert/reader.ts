import type { SourceLocation } from '../core/model/errors.ts';
import type { Json, JsonObject } from '../core/util/json.ts';
import { canonical } from './canonical.ts';
import { pythonText } from './scalar.ts';
import { type Assumption, type Lookup, type Resolved, resolveTemplate } from './template.ts';
import { relativePlace, type Unconverted } from './unconverted.ts';
import { own, type Value, type ValueMap } from './value.ts';

/** A task for a token, in one round of its loop. */
export interface Task {
  readonly options: ValueMap;
  /** The variables of the environment that the playbook sets for it. */
  readonly environment: ValueMap;
  /** True if it may set more of them. */
  readonly hasHiddenEnvironment: boolean;
  readonly lookup: Lookup;
  /** The name of the variable that receives its result. */
  readonly register?: string;
  readonly source: SourceLocation;
  /** The file that the run of Ansible begins with. */
  readonly root: string;
}

/** Reads the options of a task, and reports what it can't read. */
export interface TaskReader {
  readonly left: readonly Unconverted[];
  /** Assumptions behind the options read so far. */
  readonly assumptions: readonly Assumption[];
  reportUnconverted(message: string): void;
  /** Returns the value of an option; `undefined` if it isn't stated or not known, which is reported. */
  read(option: string): Value | undefined;
  /** Tells whether an option is stated in a way that isn't known here. */
  isHidden(option: string): boolean;
  /** Tells whether an option that was read has a value, known or not. */
  isStated(option: string): boolean;
  /** Records that Ansible rejects the task. */
  reject(message: string): void;
  /** Returns why Ansible rejects the task; `undefined` if it doesn't. */
  rejection(): string | undefined;
  text(option: string): string | undefined;
  flag(option: string): boolean | undefined;
  /** Returns the connection of the task. */
  connection(): TaskConnection;
}

/** The server and account that a task goes to. */
export interface TaskConnection {
  /** The fields of a manifest, as references to the variables that the playbook reads. */
  readonly fields: JsonObject;
  /** A text that is the same for tasks with the same connection. */
  readonly identity: string;
  /** Parts that a manifest can't have. */
  readonly problems: readonly string[];
  /** The reason why a manifest may go to another server or account. */
  readonly obstacle?: string;
}

/** The options of the connection, each with the field of a manifest, and the variable that is read without one. */
const connections: Readonly<Record<string, { readonly field: string; readonly variable: string }>> = {
  api_url: { field: 'api_url', variable: 'IONOS_API_URL' },
  certificate_fingerprint: { field: 'certificate_fingerprint', variable: 'IONOS_CERTIFICATE_FINGERPRINT' },
  username: { field: 'username', variable: 'IONOS_USERNAME' },
  subscription_user: { field: 'username', variable: 'IONOS_USERNAME' },
  password: { field: 'password', variable: 'IONOS_PASSWORD' },
  subscription_password: { field: 'password', variable: 'IONOS_PASSWORD' },
  token: { field: 'token', variable: 'IONOS_TOKEN' },
};

/** Options of the connection, which all IONOS modules have. */
export const connectionOptionNames: readonly string[] = Object.keys(connections);

const variables: ReadonlySet<string> = new Set(Object.values(connections).map(({ variable }) => variable));

/** Creates a reader of a task's options. Problems are reported at the place of the task. */
export function createTaskReader(task: Task): TaskReader {
  const { options, lookup, source } = task;
  const left: Unconverted[] = [];
  const assumptions: Assumption[] = [];
  const hidden = new Set<string>();
  const stated = new Set<string>();
  let rejection: string | undefined;
  const leave = (message: string): void => {
    left.push({ source, message });
  };

  const read = (option: string): Value | undefined => {
    const written = own(options, option);
    if (written === undefined || written === null) return undefined;
    const known = resolveTemplate(written, lookup);
    if ('assumed' in known && known.assumed) assumptions.push(known.assumed);
    if ('omitted' in known) return undefined;
    if ('value' in known && (known.value === '' || known.value === null)) return undefined;
    stated.add(option);
    if ('value' in known) return known.value;
    hidden.add(option);
    leave(`${option}: ${hiddenText(known)}; fill it in`);
    return undefined;
  };

  const text = (option: string): string | undefined => {
    const value = read(option);
    if (value === undefined || typeof value === 'string') return value;
    const written = pythonText(value);
    if (written === undefined) {
      hidden.add(option);
      leave(`${option}: not a string`);
      return undefined;
    }
    // Ansible can be configured to reject it.
    assumptions.push({ why: `${option} is not a string`, isReported: true });
    leave(`${option}: not a string; Ansible reads it as "${written}"`);
    return written;
  };

  return {
    left,
    assumptions,
    reportUnconverted: leave,
    read,
    isHidden: (option) => hidden.has(option),
    isStated: (option) => stated.has(option),
    reject(message) {
      rejection ??= message;
    },
    rejection: () => rejection,
    text,
    flag(option) {
      const value = read(option);
      if (value === undefined) return undefined;
      if (typeof value === 'boolean') return value;
      if (/^(yes|on|true|1|y|t)$/i.test(String(value))) return true;
      if (/^(no|off|false|0|n|f)$/i.test(String(value))) return false;
      rejection ??= `${option}: ${JSON.stringify(value)} is neither true nor false`;
      return undefined;
    },
    connection: () => connectionOf(task),
  };
}

function connectionOf({ options, environment, hasHiddenEnvironment, lookup, source }: Task): TaskConnection {
  const fields: [string, Json][] = [];
  const identity: [string, string][] = [];
  const problems: string[] = [];
  const given = new Set<string>();
  let obstacle: string | undefined;
  if (hasHiddenEnvironment) {
    problems.push('environment: an unknown value; set the same IONOS_… variables');
    identity.push(['environment', relativePlace(source)]);
    obstacle = 'environment: the server and the account are unknown';
  }
  const strange = Object.keys(environment).find((name) => name.startsWith('IONOS_') && !variables.has(name));
  if (strange !== undefined) {
    problems.push(`environment: ${strange} is left out; keep it in the environment`);
    identity.push([strange, canonical(environment[strange] ?? null)]);
    obstacle ??= `environment: a manifest has no field for ${strange}`;
  }
  for (const [option, { field, variable: name }] of Object.entries(connections)) {
    const written = own(options, option) ?? (given.has(field) ? null : (own(environment, name) ?? null));
    if (written === null) continue;
    given.add(field);
    const known = resolveTemplate(written, lookup);
    const isAssumed = 'assumed' in known && known.assumed !== undefined;
    if (isAssumed) obstacle ??= `${option}: ${known.assumed.why}`;
    if ('omitted' in known && !isAssumed) continue;
    if ('env' in known && known.env === name) continue;
    identity.push([field, identityOf(known)]);
    const isServer = field === 'api_url' || field === 'certificate_fingerprint';
    if ('env' in known && field !== 'api_url') fields.push([field, `\${env:${known.env}}`]);
    else if ('value' in known && isServer && typeof known.value === 'string')
      fields.push([field, known.value]);
    else if (!('omitted' in known)) {
      problems.push(
        `${option}: it is left out; ${isServer ? 'set' : 'keep it in the environment, as'} ${name}`,
      );
      obstacle ??= isServer
        ? `${option}: the server is unknown`
        : `${option}: it is left out, so the manifest may use another account`;
    }
  }
  return {
    fields: Object.fromEntries(fields),
    identity: JSON.stringify(identity),
    problems,
    ...(obstacle !== undefined && { obstacle }),
  };
}

/** Writes a value as a text that is the same for equal values, known or not. */
export function identityOf(known: Resolved): string {
  if ('env' in known) return `env ${known.env}`;
  if ('omitted' in known) return 'omitted';
  return 'value' in known ? `value ${canonical(known.value)}` : `hidden ${known.hidden} ${known.why ?? ''}`;
}

/** Writes that a value is not known, with the reason. */
export function hiddenText(known: Exclude<Resolved, { value: Value }>): string {
  if ('env' in known) return `lookup('env', '${known.env}') is unknown`;
  if ('omitted' in known) return 'omit is unknown';
  return `${known.hidden} is unknown${known.why === undefined ? '' : `: ${known.why}`}`;
}
