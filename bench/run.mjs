/**
 * `npm run bench`: compares reconcile with the minimum for the same job (docs/performance.md). Each figure is a median,
 * and each ratio comes from one run on one machine. It uses only the loopback network.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { absent, present, writeManifests } from './estate.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const program = join(here, '../dist/reconcile.js');
const connections = 10;
const times = Number(process.env['BENCH_TIMES'] ?? 3);
const only = process.argv[2];

/** The rows, each with its command, its floor and the maximum ratio. */
const rows = [
  { name: 'start: --version', times: 15, ours: [program, '--version'], floor: ['-e', '0'], most: 1.3 },
  {
    name: 'start: validate one file',
    times: 15,
    ours: [program, 'validate', '.'],
    floor: ['-e', '0'],
    most: 2,
    estate: [1, 1],
  },
  ...[0, 50].flatMap((latency) => [
    plan(1_000, 10, latency),
    plan(10_000, 100, latency, latency === 0 ? 1.4 : 1.25),
    {
      ...plan(100_000, 1_000, latency, 1.25),
      name: `plan: 100 000 live, 1 000 declared, ${latency} ms`,
      declared: 1,
    },
  ]),
  { ...plan(50_000, 100, 0), name: 'plan: 50 000 live, 10 000 declared, 0 ms', declared: 100, times: 1 },
  apply('create', 1_000, 1.15),
  apply('patch', 1_000),
  apply('delete', 1_000),
  { ...plan(1_000, 10, 50), name: 'apply: nothing to do, 1 000 tokens, 50 ms', command: ['apply', '-y'] },
];

function plan(live, registries, latency, most) {
  const perRegistry = live / registries;
  return {
    name: `plan: ${live.toLocaleString('en').replace(',', ' ')} live and declared, ${registries} registries, ${latency} ms`,
    command: ['plan'],
    job: 'list',
    registries,
    perRegistry,
    declared: perRegistry,
    latency,
    most,
    entry: (registry, index) => present(registry, index),
  };
}

function apply(job, count, most) {
  const entries = {
    create: (registry, index) => present(registry, index, true),
    patch: (registry, index) => present(registry, index),
    delete: (registry, index) => absent(registry, index),
  };
  return {
    name: `apply: 1 000 ${job === 'patch' ? 'patches' : `${job}s`}, 50 ms`,
    command: ['apply', '-y', '--max-deletes', String(count)],
    job,
    registries: 1,
    perRegistry: job === 'create' ? 0 : count,
    declared: count,
    disabled: job === 'patch',
    latency: 50,
    most,
    entry: entries[job],
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs Node until it exits; returns the seconds and its peak memory in MB. */
async function run(args, cwd, env) {
  const meter = new URL('./meter.mjs', import.meta.url).href;
  // The meter is left out if the start itself is measured.
  const metered = env === undefined ? args : ['--import', meter, ...args];
  const started = performance.now();
  const child = spawn(process.execPath, metered, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let megabytes = 0;
  let said = '';
  child.on('message', (message) => {
    megabytes = message.megabytes;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
  return { seconds, megabytes };
}

/** Measures one side of a row once, against its own server. */
async function measure(row, side) {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-bench-'));
  try {
    if (!row.command) {
      if (row.estate) writeManifests(folder, ...row.estate, present);
      return { ...(await run(side === 'ours' ? row.ours : row.floor, folder)), requests: 0 };
    }
    writeManifests(folder, row.registries, row.declared, row.entry);
    const { registries, perRegistry, latency, disabled } = row;
    const server = fork(
      join(here, 'server.mjs'),
      [registries, perRegistry, latency, disabled ? 1 : 0].map(String),
    );
    try {
      const [{ port }] = await once(server, 'message');
      const origin = `http://127.0.0.1:${port}`;
      const args =
        side === 'ours'
          ? [program, ...row.command, '--parallelism', String(connections), '.']
          : [join(here, 'floor.mjs'), row.job, origin, folder, String(connections), String(row.declared)];
      const taken = await run(args, folder, { IONOS_API_URL: origin, IONOS_TOKEN: 'x' });
      const counted = once(server, 'message');
      server.send('count');
      const [{ requests }] = await counted;
      return { ...taken, requests };
    } finally {
      server.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const results = [];
for (const row of rows) {
  if (only !== undefined && !row.name.includes(only)) continue;
  const sides = { ours: [], floor: [] };
  // The sides alternate, so that load on the machine affects both.
  for (let time = 0; time < (row.times ?? times); time += 1) {
    for (const side of ['floor', 'ours']) sides[side].push(await measure(row, side));
  }
  const of = (side, what) => median(sides[side].map((one) => one[what]));
  const result = {
    row: row.name,
    seconds: round(of('ours', 'seconds'), 2),
    floor: round(of('floor', 'seconds'), 2),
    ratio: round(of('ours', 'seconds') / of('floor', 'seconds'), 2),
    most: row.most ?? null,
    requests: of('ours', 'requests'),
    floorRequests: of('floor', 'requests'),
    megabytes: Math.round(of('ours', 'megabytes')),
  };
  results.push(result);
  process.stdout.write(
    [
      result.row.padEnd(58),
      `${result.seconds} s`.padStart(9),
      `floor ${result.floor} s`.padStart(14),
      `${result.ratio} x`.padStart(8),
      (result.most === null ? '' : `of ${result.most}`).padStart(8),
      `${result.requests}/${result.floorRequests} requests`.padStart(20),
      `${result.megabytes} MB`.padStart(8),
      '\n',
    ].join(' '),
  );
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}

if (only === undefined) {
  const machine = { node: process.version, cores: availableParallelism(), cpu: cpus()[0]?.model.trim() };
  const { version } = JSON.parse(readFileSync(join(here, '../package.json'), 'utf8'));
  writeFileSync(join(here, 'results.json'), `${JSON.stringify({ version, machine, results }, null, 2)}\n`);
}
