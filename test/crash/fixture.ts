import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionDropped } from '../../src/emulator/fault.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { parseSeed } from '../../src/emulator/seed.ts';
import { serve } from '../../src/emulator/serve.ts';
import type { Finished } from '../support/cli.ts';
import { createRecorder, type KillPoint, type Step } from './kill-points.ts';
import { type Ended, inThisProcess, start } from './program.ts';
import type { Live, Scenario } from './scenario.ts';

/** A service and a folder, after an earlier run. */
export interface Fixture {
  readonly folder: string;
  /** Runs the command of the scenario, and kills it at a point if given. */
  firstRun(killPoint?: KillPoint): Promise<{ readonly ended: Ended; readonly steps: readonly Step[] }>;
  /** Runs the built program again, without `--replace`; or its source, which is faster. */
  secondRun(how: 'built' | 'source'): Promise<Finished>;
  /** Plans the remaining changes. */
  plan(): Promise<Finished>;
  live(): readonly Live[];
  others(): readonly Live[];
  /** Advances the service's clock. */
  passTime(seconds: number): void;
  close(): Promise<void>;
}

const options = ['--parallelism', '1', '--timeout', '10', '--grace', '1'];

/** Seconds after which every request and its grace are over. */
export const settledSeconds = 15;

/** Creates the fixture for one run that is killed. */
export async function createFixture(scenario: Scenario, program: string): Promise<Fixture> {
  let ahead = 0;
  const emulator = createEmulator({ seed: parseSeed(scenario.seed), now: () => Date.now() + ahead });
  let service: Emulator['fetch'] = emulator.fetch;
  const served = await serve({ fetch: (request) => service(request) }, { port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-crash-'));
  const traces = await mkdtemp(join(tmpdir(), 'reconcile-trace-'));
  const env = scenario.env(served.url);
  const manifest = join(folder, 'tokens.yaml');

  await writeFile(manifest, scenario.earlier);
  const earlier = await inThisProcess(['apply', '-y', ...options], { cwd: folder, env });
  if (earlier.code !== 0) throw new Error(`the earlier run failed: ${earlier.stderr}${earlier.stdout}`);
  ahead += settledSeconds * 1000;
  for (const made of scenario.unmade) await rm(join(folder, '.reconcile', made), { recursive: true });
  await writeFile(manifest, scenario.manifest(scenario.live(emulator)));

  return {
    folder,

    async firstRun(killPoint) {
      const traceFile = join(traces, 'trace');
      await writeFile(traceFile, '');
      const recorder = createRecorder(traceFile);
      const own = killPoint?.step.kind === 'file' ? `${killPoint.moment} ${killPoint.step.number}` : '';
      const watch = { traceFile, at: own };
      const replace = scenario.replace.flatMap((address) => ['--replace', address]);
      const running = start(program, ['apply', '-y', ...options, ...replace], { cwd: folder, env, watch });

      const atRequest = killPoint?.step.kind === 'request' ? killPoint : undefined;
      let requests = 0;
      const killedIf = async (condition: boolean): Promise<void> => {
        if (!condition) return;
        await running.kill();
        throw new ConnectionDropped(); // the client is gone
      };
      service = async (request) => {
        recorder.request(request.method, request.url);
        requests += 1;
        const isTarget = requests === atRequest?.step.number;
        await killedIf(isTarget && atRequest?.moment === 'before');
        const respond = await emulator.fetch(request);
        await killedIf(isTarget && atRequest?.moment === 'middle');
        return respond;
      };
      const ended = await running.ended;
      service = emulator.fetch;
      return { ended, steps: recorder.steps() };
    },

    secondRun(how) {
      const again = ['apply', '-y', ...options];
      const sinkFile = { cwd: folder, env };
      return how === 'built' ? start(program, again, sinkFile).ended : inThisProcess(again, sinkFile);
    },

    plan: () =>
      inThisProcess(['plan', ...options, '--detailed-exitcode', '--format', 'json'], { cwd: folder, env }),

    live: () => scenario.live(emulator),
    others: () => scenario.others(emulator),

    passTime(seconds) {
      ahead += seconds * 1000;
    },

    async close() {
      await served.close();
      for (const made of [folder, traces]) await rm(made, { recursive: true, force: true });
    },
  };
}
