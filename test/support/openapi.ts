import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';

type Handler = (request: Request) => Promise<Response>;
type Node = Readonly<Record<string, unknown>>;
/** A place in the document, as keys from its root. */
type Place = readonly string[];

interface Operation {
  readonly method: string;
  readonly pattern: RegExp;
  readonly name: string;
  readonly place: Place;
  /** Parameters of the path and of the operation. */
  readonly parameters: readonly Place[];
}

/**
 * Wraps a service so that all its requests and responses have to conform to an OpenAPI description
 * says; throws an error with the details otherwise. `requests: false` checks the answers only, for tests that
 * send what is wrong on purpose.
 */
export function conforming(
  service: Handler,
  specFile: string,
  basePath: string,
  { requests = true }: { readonly requests?: boolean } = {},
): Handler {
  const spec = openSpec(specFile);
  return async (request) => {
    const url = new URL(request.url);
    const operation = spec.find(request.method, url.pathname, basePath);
    const problems = requests ? await spec.checkRequest(operation, request.clone(), url, basePath) : [];
    if (problems.length > 0) throw nonconforming('request', operation, problems);
    const response = await service(request);
    const faults = await spec.checkResponse(operation, response.clone());
    if (faults.length > 0) throw nonconforming(`answer ${response.status}`, operation, faults);
    return response;
  };
}

function nonconforming(what: string, { name }: Operation, problems: readonly string[]): Error {
  return new Error(
    `${what} of ${name} is not as described:\n${problems.map((line) => `  ${line}`).join('\n')}`,
  );
}

const opened = new Map<string, ReturnType<typeof readSpec>>();

/** Each description is read once, not once for every service: that takes longer than most tests. */
function openSpec(specFile: string): ReturnType<typeof readSpec> {
  const spec = opened.get(specFile) ?? readSpec(specFile);
  opened.set(specFile, spec);
  return spec;
}

function readSpec(specFile: string) {
  const document = parse(readFileSync(specFile, 'utf8')) as Node;
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  // Only schemas inside the document are used; strict mode looks at the keys of its root all the same.
  ajv.addVocabulary(Object.keys(document));
  ajv.addSchema(document, 'spec', undefined, false);
  const compiled = new Map<string, ValidateFunction>();

  const at = (place: Place): unknown =>
    place.reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), document);

  // Where a place leads to by `$ref`, which may stand anywhere but in schemas: those are ajv's.
  const follow = (place: Place): Place => {
    const node = at(place);
    const reference = isNode(node) ? node['$ref'] : undefined;
    if (typeof reference !== 'string') return place;
    return follow(reference.replace(/^#\//, '').split('/').map(unescapePointer));
  };

  const keys = (place: Place): readonly string[] => {
    const node = at(follow(place));
    return isNode(node) ? Object.keys(node) : [];
  };

  const check = (schema: Place, value: unknown, what: string): readonly string[] => {
    const pointer = schema.map((key) => encodeURIComponent(escapePointer(key))).join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `spec#/${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${what}${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };

  const operations = keys(['paths']).flatMap((path) =>
    keys(['paths', path])
      .filter((method) => method !== 'parameters')
      .map((method): Operation => {
        const place = ['paths', path, method];
        const shared = ['paths', path];
        return {
          method: method.toUpperCase(),
          pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
          name: `${method.toUpperCase()} ${path}`,
          place,
          parameters: [shared, place].flatMap((owner) =>
            keys([...owner, 'parameters']).map((index) => follow([...owner, 'parameters', index])),
          ),
        };
      }),
  );

  const below = (pathname: string, basePath: string): string =>
    pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : '';

  const checkParameters = (operation: Operation, url: URL, basePath: string): readonly string[] => {
    const inPath = operation.pattern.exec(below(url.pathname, basePath))?.groups ?? {};
    const inQuery = new Map(url.searchParams);
    const problems = operation.parameters.flatMap((place) => {
      const { name, in: where, required } = at(place) as { name: string; in: string; required?: boolean };
      const raw = where === 'path' ? decodeURIComponent(inPath[name] ?? '') : inQuery.get(name);
      if (where === 'query') inQuery.delete(name);
      if (raw === undefined) return required ? [`${name} is missing`] : [];
      const schema = [...place, 'schema'];
      const { type } = at(follow(schema)) as { type?: unknown };
      return check(schema, type === 'integer' && raw.trim() !== '' ? Number(raw) : raw, `${where} ${name}`);
    });
    return [...problems, ...[...inQuery.keys()].map((name) => `query ${name} is not described`)];
  };

  // A body of a described media type, checked where that is JSON with a schema.
  const checkBody = (owner: Place, contentType: string | null, text: string): readonly string[] => {
    const described = keys([...owner, 'content']);
    if (described.length === 0) return text === '' ? [] : ['there is a body, and none is described'];
    const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (!described.includes(type))
      return [`the content type is ${type || 'missing'}, not ${described.join(' or ')}`];
    const schema = [...owner, 'content', type, 'schema'];
    if (type !== 'application/json' || at(schema) === undefined) return [];
    try {
      return check(schema, JSON.parse(text), 'body');
    } catch (error) {
      if (error instanceof SyntaxError) return [`the body is not JSON: ${error.message}`];
      throw error;
    }
  };

  return {
    find: (method: string, pathname: string, basePath: string): Operation => {
      const path = below(pathname, basePath);
      const found = operations.find((known) => known.method === method && known.pattern.test(path));
      if (!found) throw new Error(`${method} ${pathname} is not described in ${specFile}`);
      return found;
    },

    checkRequest: async (
      operation: Operation,
      request: Request,
      url: URL,
      basePath: string,
    ): Promise<readonly string[]> => {
      const body = [...operation.place, 'requestBody'];
      const text = await request.text();
      return [
        ...checkParameters(operation, url, basePath),
        ...checkBody(follow(body), request.headers.get('content-type'), text),
      ];
    },

    checkResponse: async (operation: Operation, response: Response): Promise<readonly string[]> => {
      const statuses = [...operation.place, 'responses'];
      if (!keys(statuses).includes(String(response.status))) {
        return [`the status is not described; described are ${keys(statuses).join(', ')}`];
      }
      const answer = follow([...statuses, String(response.status)]);
      const headers = keys([...answer, 'headers']).flatMap((name) => {
        const header = follow([...answer, 'headers', name]);
        const value = response.headers.get(name);
        if (value !== null) return check([...header, 'schema'], value, `header ${name}`);
        return (at(header) as { required?: boolean }).required ? [`header ${name} is missing`] : [];
      });
      const text = await response.text();
      return [
        ...headers,
        ...(operation.method === 'HEAD'
          ? text === ''
            ? []
            : ['an answer to HEAD has a body']
          : checkBody(answer, response.headers.get('content-type'), text)),
      ];
    },
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapePointer(key: string): string {
  return decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~');
}
