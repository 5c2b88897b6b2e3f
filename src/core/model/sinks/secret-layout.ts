import type { JsonObject } from '../../util/json.ts';
import { kubernetesName } from '../kubernetes-name.ts';
import { record } from '../record-schema.ts';
import type { PlacedToken, RejectSink, SinkPlace } from './sink-type.ts';

const formats = ['raw', 'json', 'env', 'dockerconfigjson', 'kubernetes'] as const;

/** The format of a secret in a sink (docs/reference/manifest.md, Sinks). */
export type SecretFormat = (typeof formats)[number];

/** The format of a secret, with its options. */
export interface SecretLayout {
  readonly format: SecretFormat;
  /** The prefix of the variables of `env`. */
  readonly prefix?: string;
  /** The name of the Secret of `kubernetes`; the token's name by default. */
  readonly name?: string;
  readonly namespace?: string;
}

/** The schema of a layout in a record. */
export const layoutSchema = record({ format: { enum: formats } });

/** Returns the layout of a sink in a manifest. */
export function parseLayout(
  { format, prefix, name, namespace }: JsonObject,
  defaultFormat: SecretFormat,
): SecretLayout {
  return {
    format: formats.find((known) => known === format) ?? defaultFormat,
    ...(typeof prefix === 'string' && { prefix }),
    ...(typeof name === 'string' && { name }),
    ...(typeof namespace === 'string' && { namespace }),
  };
}

/** Names that Kubernetes accepts for a Secret and a namespace (RFC 1123). */
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const secretName = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);
const namespaceName = new RegExp(`^(?=.{1,63}$)${label}$`);

/** Checks the layout of a sink in a manifest beyond the schema. */
export function validateLayout(values: JsonObject, defaultFormat: SecretFormat, reject: RejectSink): void {
  const { format } = parseLayout(values, defaultFormat);
  const { prefix, name, namespace } = values;
  const only = (field: string, wanted: SecretFormat): void => {
    if (field in values && format !== wanted) {
      reject(
        [field],
        `${field} applies only to the format ${wanted}; this sink's format is ${format}`,
        `use format: ${wanted}, or remove ${field}`,
      );
    }
  };
  only('prefix', 'env');
  only('name', 'kubernetes');
  only('namespace', 'kubernetes');
  if (typeof prefix === 'string' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(prefix)) {
    reject(
      ['prefix'],
      `a shell variable can't begin with ${JSON.stringify(prefix)}`,
      "use letters, digits and underscores, and don't begin with a digit; for example CI_",
    );
  }
  if (typeof name === 'string' && !secretName.test(name)) reject(['name'], badName(name), nameHint);
  if (typeof namespace === 'string' && !namespaceName.test(namespace)) {
    reject(['namespace'], badName(namespace), nameHint);
  }
}

const nameHint = 'use lower-case letters, digits and dashes, a letter or digit first and last';

function badName(name: string): string {
  return `not a valid Kubernetes name: ${JSON.stringify(name)}`;
}

/** Tells whether a layout contains a complete login: host, user name and password. */
export function layoutHoldsLogin({ format }: SecretLayout): boolean {
  return format === 'dockerconfigjson' || format === 'kubernetes';
}

/** Tells whether a layout contains the host to log in to. */
export function layoutNamesHost({ format }: SecretLayout): boolean {
  return format !== 'raw';
}

/** Returns the Kubernetes Secret that a layout describes; `undefined` if it describes none, or its name is not known. */
export function kubernetesSecretOf(
  layout: SecretLayout,
  { name }: PlacedToken,
): Pick<SinkPlace, 'detail' | 'label'> | undefined {
  const secret = layout.name ?? (name === undefined ? undefined : kubernetesName(name));
  if (layout.format !== 'kubernetes' || secret === undefined) return undefined;
  const detail = `${layout.namespace ?? ''}/${secret}`;
  return { detail, label: `the Kubernetes Secret ${layout.namespace === undefined ? secret : detail}` };
}
