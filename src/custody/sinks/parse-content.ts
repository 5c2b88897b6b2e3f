import { parseDocument } from 'yaml';
import type { SecretLayout } from '../../core/model/sinks/secret-layout.ts';
import { isObject } from '../../core/util/json.ts';
import { kubernetesAnnotations } from './format.ts';

/** The parts of a delivery that were found in a sink. */
export type ParsedContent = Partial<
  Readonly<Record<'id' | 'address' | 'registry' | 'username' | 'password', string | undefined>>
>;

/** Returns the parts of a delivery in a text that `formatSecret` wrote. Throws for some other texts. */
export function parseContent(layout: SecretLayout, text: string): ParsedContent {
  switch (layout.format) {
    case 'json':
      return parseJson(text);
    case 'env': {
      const values = parseEnv(text);
      const value = (name: string): string | undefined => values.get(`${layout.prefix ?? ''}${name}`);
      return {
        id: value('TOKEN_ID'),
        registry: value('REGISTRY'),
        username: value('USERNAME'),
        password: value('PASSWORD'),
      };
    }
    case 'kubernetes':
      return parseKubernetes(text);
    default:
      return {};
  }
}

/** Returns the assignments of a file that we wrote. The last one counts, like in a shell. */
function parseEnv(text: string): ReadonlyMap<string, string> {
  const assignments = text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=((?:'[^']*'|\\')+)$/gm);
  return new Map(
    [...assignments].map(([, name = '', value = '']) => [
      name,
      value.replace(/'([^']*)'|\\'/g, (_, quoted: string | undefined) => quoted ?? "'"),
    ]),
  );
}

function parseJson(text: string): ParsedContent {
  const values: unknown = JSON.parse(text);
  return {
    id: textAt(values, 'id'),
    address: textAt(values, 'address'),
    registry: textAt(values, 'registry'),
    username: textAt(values, 'username'),
    password: textAt(values, 'password'),
  };
}

function parseKubernetes(text: string): ParsedContent {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return {};
  const manifest: unknown = document.toJS({ maxAliasCount: 0 });
  const id = textAt(manifest, 'metadata', 'annotations', kubernetesAnnotations.id);
  const config = textAt(manifest, 'data', '.dockerconfigjson');
  const address = textAt(manifest, 'metadata', 'annotations', kubernetesAnnotations.address);
  if (config === undefined) return { id, address };
  const { auths }: { auths?: unknown } = JSON.parse(Buffer.from(config, 'base64').toString('utf8'));
  const [key] = isObject(auths) ? Object.keys(auths) : [];
  if (key === undefined) return { id, address };
  return {
    id,
    address,
    registry: key,
    username: textAt(auths, key, 'username'),
    password: textAt(auths, key, 'password'),
  };
}

/** Returns the text at a path in a value; `undefined` if it is empty. */
function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = path.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
