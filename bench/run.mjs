/**
 * `npm run bench`: compares reconcile with the minimum for the same job (docs/performance.md). Each figure is a median,
 * and each ratio comes from one run on one machine. It uses only the loopback network.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { present, writeManifests } from './estate.mjs';
import { floorArgs, rows } from './rows.mjs';
import { program, services } from './services.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const times = Number(process.env['BENCH_TIMES'] ?? 3);
const only = process.argv[2];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs Node until it exits; returns the seconds, those of the processor, and its peak memory in MB. */
async function run(args, cwd, env, isMetered) {
  const meter = new URL('./meter.mjs', import.meta.url).href;
  const started = performance.now();
  const child = spawn(process.execPath, isMetered ? ['--import', meter, ...args] : args, {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', ...(isMetered ? ['ipc'] : [])],
  });
  let used = { megabytes: 0, busy: 0 };
  let said = '';
  child.on('message', (message) => {
    used = message;
  });
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}`);
  return { seconds, ...used };
}

/** Makes a folder a checkout whose remote takes some time for each push; returns the variables of a state in it. */
async function useBranch(folder, pushSeconds) {
  const { generateIdentity } = await import('age-encryption');
  const remote = `${folder}.git`;
  const git = (...args) => execFileSync('git', args, { stdio: 'ignore' });
  git('init', '--bare', remote);
  mkdirSync(join(remote, 'hooks'), { recursive: true });
  const hook = join(remote, 'hooks', 'pre-receive');
  writeFileSync(hook, `#!/bin/sh\nsleep ${pushSeconds}\n`);
  chmodSync(hook, 0o755);
  git('init', folder);
  git('-C', folder, 'remote', 'add', 'origin', remote);
  return { RECONCILE_STATE: 'git:origin', RECONCILE_STATE_KEY: await generateIdentity() };
}

/** Measures one side of a row once, against its own server. */
async function measure(row, side) {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-bench-'));
  try {
    // The meter is left out if the start itself is measured.
    const isMetered = row.job !== undefined && row.floor !== 'start';
    const argsOf = (origin) =>
      side === 'ours' ? [program, ...row.args] : floorArgs(row, join(here, 'floor.mjs'), origin, folder);
    if (row.service === undefined) {
      if (row.declared) writeManifests(folder, 1, row.declared, present);
      return { ...(await run(argsOf(), folder, {}, isMetered)), requests: 0 };
    }
    const service = services[row.service];
    service.write(folder, row);
    const server = await service.serve(row, folder);
    try {
      const branch = row.pushSeconds && side === 'ours' ? await useBranch(folder, row.pushSeconds) : {};
      const taken = await run(argsOf(server.origin), folder, { ...server.env, ...branch }, isMetered);
      return { ...taken, requests: await server.requests() };
    } finally {
      server.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.git`, { recursive: true, force: true });
  }
}

const loadBefore = loadavg()[0];
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
    service: row.service ?? null,
    seconds: round(of('ours', 'seconds'), 2),
    floor: round(of('floor', 'seconds'), 2),
    ratio: round(of('ours', 'seconds') / of('floor', 'seconds'), 2),
    most: row.most ?? null,
    busy: round(of('ours', 'busy'), 2),
    floorBusy: round(of('floor', 'busy'), 2),
    requests: of('ours', 'requests'),
    floorRequests: of('floor', 'requests'),
    megabytes: Math.round(of('ours', 'megabytes')),
  };
  results.push(result);
  process.stdout.write(
    [
      result.row.padEnd(62),
      `${result.seconds} s`.padStart(9),
      `floor ${result.floor} s`.padStart(14),
      `${result.ratio} x`.padStart(8),
      (result.most === null ? '' : `of ${result.most}`).padStart(8),
      `busy ${result.busy}/${result.floorBusy} s`.padStart(20),
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
  const machine = {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim(),
    // The bench itself uses up to two cores. More is from other programs.
    loadBefore: round(loadBefore, 1),
    loadAfter: round(loadavg()[0], 1),
  };
  const { version } = JSON.parse(readFileSync(join(here, '../package.json'), 'utf8'));
  writeFileSync(join(here, 'results.json'), `${JSON.stringify({ version, machine, results }, null, 2)}\n`);
}
