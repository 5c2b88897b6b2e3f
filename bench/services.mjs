import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  absent,
  deployTokenOf,
  present,
  presentDeployToken,
  presentRobot,
  robotOf,
  writeManifests,
} from './estate.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
/** The built program. */
export const program = join(here, '../dist/reconcile.js');

const ionosEntries = {
  list: (registry, index) => present(registry, index),
  create: (registry, index) => present(registry, index, true),
  patch: (registry, index) => present(registry, index),
  delete: absent,
};

/** The services that rows measure. Each writes its manifests, and starts its server in a process of its own. */
export const services = {
  IONOS: {
    write: (folder, { registries, declared, job }) =>
      writeManifests(folder, registries, declared, ionosEntries[job]),
    async serve({ registries, perRegistry, latency, job }) {
      const numbers = [registries, perRegistry, latency, job === 'patch' ? 1 : 0];
      const server = fork(join(here, 'server.mjs'), numbers.map(String));
      const [{ port }] = await once(server, 'message');
      const origin = `http://127.0.0.1:${port}`;
      return {
        origin,
        env: { IONOS_API_URL: origin, IONOS_TOKEN: 'x' },
        async requests() {
          const counted = once(server, 'message');
          server.send('count');
          return (await counted)[0].requests;
        },
        close: () => server.kill(),
      };
    },
  },
  Harbor: emulated(presentRobot, (tokens) => ({
    harbor: { projects: [{ name: 'project', robots: tokens.map(robotOf) }] },
  })),
  GitLab: emulated(presentDeployToken, (tokens) => ({
    gitlab: { projects: [{ path: 'group/project', deploy_tokens: tokens.map(deployTokenOf) }] },
  })),
};

/** Returns a service that the emulator serves, which responds at once and doesn't count requests. */
function emulated(entry, seedOf) {
  return {
    write: (folder, { declared }) => writeManifests(folder, 1, declared, entry),
    async serve({ perRegistry }, folder) {
      const seed = join(folder, 'seed.json');
      writeFileSync(seed, JSON.stringify(seedOf(Array.from({ length: perRegistry }, (_, index) => index))));
      const args = [program, 'emulator', '--port', '0', '--seed', seed, '--format', 'json'];
      const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      const [line] = await once(server.stdout, 'data');
      const { env } = JSON.parse(String(line));
      return {
        origin: new URL(env.HARBOR_URL ?? env.GITLAB_URL).origin,
        env,
        requests: async () => 0,
        close: () => server.kill(),
      };
    },
  };
}
