import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { createEmulator } from '../../../src/emulator/index.ts';
import { parseSeed } from '../../../src/emulator/seed.ts';
import { type Finished, finished, reconcile } from '../../support/cli.ts';
import { folderWith } from '../../support/folder.ts';
import { writeImage } from '../../support/oci-image.ts';
import { serveDockerIo, serveOneHost, startRegistry } from '../../support/registry.ts';
import { createCertificate } from '../../support/tls.ts';
import type { Fields, Kind, Right } from './kinds.ts';

const shiftClock = fileURLToPath(new URL('../../support/shift-clock.mjs', import.meta.url));

const seed = parseSeed(`
ionos: { registries: [{ name: team-a }, { name: team-b }] }
docker_hub: { organizations: [{ name: acme }, { name: umbrella }] }
harbor: { projects: [{ name: team-a }, { name: team-b }] }
gitlab: { groups: [{ path: team-a }, { path: team-b }], projects: [{ path: team-a/app }, { path: team-b/app }] }
quirks: { own_host: true }
`);

/** The sinks of a token, in folders of its name. */
export function sinks(name: string): readonly Fields[] {
  return [
    { file: { path: `${name}/login.json`, format: 'dockerconfigjson' } },
    { docker: { config: `${name}/docker` } },
    { file: { path: `${name}/login.env`, format: 'env' } },
    { file: { path: `${name}/login.yaml`, format: 'kubernetes' } },
  ];
}

/** The commands of a user's shell that lead skopeo to the secret in a folder, by the kind of its sink. */
const uses = {
  dockerconfigjson: 'set -- "$@" --authfile "$FOLDER/login.json"',
  docker: 'export DOCKER_CONFIG="$FOLDER/docker"',
  env: `. "$FOLDER/login.env"
    printf %s "$PASSWORD" | skopeo login --tls-verify=false --authfile "$FOLDER/skopeo.json" \\
      --username "$USERNAME" --password-stdin "$REGISTRY"
    set -- "$@" --authfile "$FOLDER/skopeo.json"`,
  // Pods mount the Secret decoded.
  kubernetes: 'set -- "$@" --authfile "$FOLDER/decoded.json"',
};

type Use = keyof typeof uses;

export const allUses = Object.keys(uses) as readonly Use[];

/** The options of a push or a pull. */
interface Copy {
  readonly use?: Use;
  readonly repository?: string;
}

/** Starts an emulator, and a real registry that accepts only the logins of its tokens. */
export async function setUp(kind: Kind) {
  let ahead = 0;
  // The registry is another program: its clock can't be moved.
  const emulator = createEmulator({
    seed,
    now: () => Date.now() + ahead * 1000,
    registryNow: Date.now,
  });
  const { url, lead } = await serveOneHost(emulator.fetch);
  const { path, service, issuer } = kind;
  const auth = { realm: url + path, service, issuer, certificate: emulator.certificate() };
  const variables: Record<string, string> = {};
  if (kind.host === undefined) lead(await startRegistry(auth));
  else {
    const port = await startRegistry(auth, await createCertificate());
    variables['HTTPS_PROXY'] = await serveDockerIo(port);
  }
  const host = kind.host ?? new URL(url).host;

  const cwd = await folderWith({});
  for (const name of ['push', 'pull', 'elsewhere'])
    await mkdir(join(cwd, name, 'docker'), { recursive: true });
  const image = await writeImage(join(cwd, 'image'));

  const run = (...args: readonly string[]): Promise<Finished> =>
    reconcile(args, {
      cwd,
      env: {
        IONOS_API_URL: `${url}/containerregistries`,
        IONOS_TOKEN: 'emulator',
        DOCKER_HUB_API_URL: url,
        DOCKER_HUB_USERNAME: 'emulator',
        DOCKER_HUB_PASSWORD: 'emulator',
        HARBOR_URL: url,
        HARBOR_USERNAME: 'emulator',
        HARBOR_PASSWORD: 'emulator',
        GITLAB_URL: url,
        GITLAB_TOKEN: 'glpat-emulator',
        NODE_OPTIONS: `--import ${shiftClock}`,
        RECONCILE_TEST_AHEAD: String(ahead),
      },
    });

  /** Copies an image with the secret in a folder. */
  const copy = async (folder: string, use: Use, ...args: readonly string[]): Promise<Finished> => {
    if (use === 'kubernetes') {
      const { data } = parse(await readFile(join(cwd, folder, 'login.yaml'), 'utf8'));
      const decoded = Buffer.from(data['.dockerconfigjson'], 'base64');
      await writeFile(join(cwd, folder, 'decoded.json'), decoded);
    }
    const script = `set -eu\n${uses[use]}\nexec skopeo copy --insecure-policy "$@"`;
    return finished('sh', ['-c', script, 'sh', ...args], {
      cwd,
      env: { ...variables, FOLDER: folder, HOME: cwd, XDG_RUNTIME_DIR: cwd },
    });
  };

  return {
    /** Rotates the token whose secret is in a folder, because it has leaked. */
    revoke: async (folder: string): Promise<void> => {
      const { metadata } = parse(await readFile(join(cwd, folder, 'login.yaml'), 'utf8'));
      const address = metadata.annotations['reconcile.token/address'];
      accepted(await run('rotate', address, '--revoke-old', '-y', '--file', 'tokens.yaml'));
    },
    pass: (seconds: number): void => {
      ahead += seconds;
    },
    /** Returns a time from now, as manifests have it. */
    inSeconds: (seconds: number): string =>
      new Date(Date.now() + (ahead + seconds) * 1000).toISOString().replace(/\.\d+/, ''),
    /** Applies a manifest with these entries. */
    apply: async (...tokens: readonly Fields[]): Promise<void> => {
      await writeFile(
        join(cwd, 'tokens.yaml'),
        JSON.stringify({ apiVersion: 'reconcile/v1', tokens }, null, 2),
      );
      accepted(await run('apply', '-y', 'tokens.yaml'));
    },
    /** Copies the secret of a token, like a consumer that hasn't read the next one. */
    keep: (name: string, as: string): Promise<void> =>
      cp(join(cwd, name), join(cwd, as), { recursive: true }),
    push: (folder: string, { use = 'dockerconfigjson', repository = kind.repository }: Copy = {}) =>
      copy(folder, use, '--dest-tls-verify=false', 'oci:image', `docker://${host}/${repository}:latest`),
    /** Pulls an image; checks that it is the one that was pushed. */
    pull: async (folder: string, { use = 'dockerconfigjson', repository = kind.repository }: Copy = {}) => {
      const to = `pulled-${folder}-${use}`;
      const from = `docker://${host}/${repository}:latest`;
      const result = await copy(folder, use, '--src-tls-verify=false', from, `dir:${to}`);
      if (result.code === 0) expect(await readFile(join(cwd, to, 'manifest.json'), 'utf8')).toBe(image);
      return result;
    },
  };
}

/** Returns the entry of a token that has the name of its right. */
export function entryOf(kind: Kind, right: Right, fields: Fields = {}): Fields {
  return { ...kind.identity(right), ...kind.rights(right), ...fields, secret: sinks(right) };
}

/** Expects that a program did its work. */
export function accepted({ code, stdout, stderr }: Finished): void {
  expect(code, stdout + stderr).toBe(0);
}

/** Expects that the registry rejected the login or the right, and that nothing else failed. */
export function refused({ code, stdout, stderr }: Finished): void {
  expect(code, stdout).not.toBe(0);
  expect(stderr).toMatch(
    /access to the resource is denied|authentication required|invalid username\/password/,
  );
}
