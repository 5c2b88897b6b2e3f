import type { Source } from '../core/errors.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Left } from './left.ts';
import { pythonText } from './scalar.ts';
import { type Assumption, type Lookup, type Resolved, resolve } from './template.ts';
import { own, type Value, type ValueMap } from './value.ts';

/** A task of ours, once: a loop makes several of it. */
export interface Task {
  readonly options: ValueMap;
  /** The variables of the environment that the playbook sets for it. */
  readonly environment: ValueMap;
  /** Whether it may set more of them. */
  readonly hasHiddenEnvironment: boolean;
  readonly lookup: Lookup;
  /** The name of the variable that takes its result. */
  readonly register?: string;
  readonly source: Source;
  /** The file that the run of Ansible begins with. */
  readonly root: string;
}

/** Reads the options of a task, and reports what it can't read. */
export interface Reader {
  readonly left: readonly Left[];
  /** Assumptions behind the options read so far. */
  readonly assumptions: readonly Assumption[];
  leave(message: string): void;
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
  /** Returns the fields of the connection, as references to the variables that the playbook reads. */
  connection(): JsonObject;
  /** Tells whether the server isn't the one that a manifest would go to. */
  isElsewhere(): boolean;
}

/** The options of the connection: the field of a manifest, and the variable that is read without one. */
const connections: Readonly<Record<string, { readonly field: string; readonly variable: string }>> = {
  api_url: { field: 'api_url', variable: 'IONOS_API_URL' },
  certificate_fingerprint: { field: 'certificate_fingerprint', variable: 'IONOS_CERTIFICATE_FINGERPRINT' },
  username: { field: 'username', variable: 'IONOS_USERNAME' },
  subscription_user: { field: 'username', variable: 'IONOS_USERNAME' },
  password: { field: 'password', variable: 'IONOS_PASSWORD' },
  subscription_password: { field: 'password', variable: 'IONOS_PASSWORD' },
  token: { field: 'token', variable: 'IONOS_TOKEN' },
};

/** Options for the connection, which all modules of IONOS have. */
export const connectionOptions: readonly string[] = Object.keys(connections);

/** Creates a reader of a task's options. */
export function createReader(task: Task): Reader {
  const { options, environment, hasHiddenEnvironment, lookup, source } = task;
  const left: Left[] = [];
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
    const known = resolve(written, lookup);
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
    leave,
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
    connection() {
      const fields: [string, Json][] = [];
      if (hasHiddenEnvironment) leave('environment: a value that is not known here; set IONOS_… as it does');
      const given = new Set<string>();
      for (const [option, { field, variable: name }] of Object.entries(connections)) {
        const written = own(options, option) ?? (given.has(field) ? null : (own(environment, name) ?? null));
        if (written === null) continue;
        given.add(field);
        const known = resolve(written, lookup);
        if ('env' in known && known.env === name) continue;
        if ('env' in known && field !== 'api_url') fields.push([field, `\${env:${known.env}}`]);
        else if ('value' in known && field === 'api_url' && typeof known.value === 'string')
          fields.push([field, known.value]);
        else if (!('omitted' in known))
          leave(
            `${option}: it is left out; ${field === 'api_url' ? 'set' : 'keep it in the environment, as'} ${name}`,
          );
      }
      return Object.fromEntries(fields);
    },
    isElsewhere() {
      const written = own(options, 'api_url') ?? own(environment, 'IONOS_API_URL') ?? null;
      if (written === null) return hasHiddenEnvironment;
      const known = resolve(written, lookup);
      if ('omitted' in known || ('assumed' in known && known.assumed)) return true;
      return 'env' in known ? known.env !== 'IONOS_API_URL' : !('value' in known);
    },
  };
}

/** Writes that a value is not known, with the reason. */
export function hiddenText(known: Exclude<Resolved, { value: Value }>): string {
  if ('env' in known) return `lookup('env', '${known.env}') is not known here`;
  if ('omitted' in known) return 'omit is not known here';
  return `${known.hidden} is not known here${known.why === undefined ? '' : `: ${known.why}`}`;
}
