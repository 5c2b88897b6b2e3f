import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { Secret } from '../../core/model/secret.ts';
import { type FileSink, isReadBackable } from '../../core/model/sink.ts';
import type { SinkContent } from '../../core/model/sink-content.ts';
import { isObject } from '../../core/util/json.ts';
import { readSmall } from '../../system/read-file.ts';
import type { SecretPayload } from './delivery.ts';
import { kubernetesAnnotations } from './format.ts';
import { type FolderResolver, resolveAllowedPath } from './safe-path.ts';

/** Returns the token whose secret a sink holds. Never throws because of the file or its content. */
export async function readSinkContent(sink: FileSink, realFolder?: FolderResolver): Promise<SinkContent> {
  const content = await read(sink, realFolder);
  if (typeof content === 'string') return content;
  return content.id === undefined ? 'foreign' : { id: content.id };
}

/** Returns the address of the token in a readable sink; `undefined` if the sink doesn't contain it. Never throws. */
export async function addressIn(sink: FileSink): Promise<string | undefined> {
  const content = await read(sink);
  return typeof content === 'string' ? undefined : content.address;
}

/**
 * Returns the delivery in a readable sink, so that another sink can be filled from it; `undefined` if it can't be read, or
 * is incomplete. Only the secret and its user name come from the file. All else is current, as the file may be older.
 */
export async function readDelivery(
  sink: FileSink,
  known: Omit<SecretPayload, 'id' | 'secret' | 'username'>,
): Promise<SecretPayload | undefined> {
  const content = await read(sink);
  if (typeof content === 'string') return undefined;
  const { id, registry, username, password } = content;
  if (id === undefined || registry === undefined || username === undefined || !password) return undefined;
  return { ...known, id, username, secret: new Secret(password) };
}

/** The parts of a delivery that were found. */
type Content = Partial<
  Readonly<Record<'id' | 'address' | 'registry' | 'username' | 'password', string | undefined>>
>;

async function read(sink: FileSink, realFolder?: FolderResolver): Promise<Content | 'absent' | 'foreign'> {
  try {
    const path = await resolveAllowedPath(
      sink.path,
      resolve(sink.folder, sink.path),
      sink.within,
      realFolder,
    );
    const text = await readSmall(path);
    if (text === undefined) return 'absent';
    return isReadBackable(sink) ? parse(sink, text) : 'foreign';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'foreign';
  }
}

function parse({ layout }: FileSink, text: string): Content {
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

/** Returns the assignments of a file that we wrote. As in a shell, the last one counts. */
function parseEnv(text: string): ReadonlyMap<string, string> {
  const assignments = text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)=((?:'[^']*'|\\')+)$/gm);
  return new Map(
    [...assignments].map(([, name = '', value = '']) => [
      name,
      value.replace(/'([^']*)'|\\'/g, (_, quoted: string | undefined) => quoted ?? "'"),
    ]),
  );
}

function parseJson(text: string): Content {
  const values: unknown = JSON.parse(text);
  return {
    id: textAt(values, 'id'),
    address: textAt(values, 'address'),
    registry: textAt(values, 'registry'),
    username: textAt(values, 'username'),
    password: textAt(values, 'password'),
  };
}

function parseKubernetes(text: string): Content {
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
