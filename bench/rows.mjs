/** Number of connections of reconcile and of its floor. */
const connections = 10;

/**
 * The rows, each with its command, its floor and the maximum ratio. A row without a job is compared with `node -e 0`.
 */
export const rows = [
  { name: 'start: --version', times: 15, args: ['--version'], most: 1.2 },
  { name: 'start: validate one file', times: 15, args: ['validate', '.'], declared: 1, most: 1.8 },
  { ...plan(1, 1, 0, 3), name: 'start: plan of 1 token, 0 ms', times: 15, floor: 'start' },
  { ...plan(1, 1, 50), name: 'start: plan of 1 token, 50 ms', times: 9, floor: 'start' },
  { ...apply('create', 1, 0, 3.5), name: 'start: apply of 1 create, 0 ms', times: 15, floor: 'start' },
  { ...apply('create', 1, 50), name: 'start: apply of 1 create, 50 ms', times: 9, floor: 'start' },
  plan(50, 1, 0),
  plan(50, 1, 50),
  ...[0, 50].flatMap((latency) => [
    plan(1_000, 10, latency),
    plan(10_000, 100, latency, latency === 0 ? 1.1 : 1),
    {
      ...plan(100_000, 1_000, latency, latency === 0 ? 1.4 : 1.15),
      name: `plan: 100 000 live, 1 000 declared, ${latency} ms`,
      declared: 1,
    },
  ]),
  { ...plan(50_000, 100, 0), name: 'plan: 50 000 live, 10 000 declared, 0 ms', declared: 100, times: 1 },
  apply('create', 50, 50),
  apply('create', 1_000, 50, 1.12),
  apply('patch', 1_000, 50),
  apply('delete', 1_000, 50),
  unchanged(50),
  unchanged(1_000, 10),
  {
    ...plan(1_000, 1, 0),
    name: 'Harbor, plan: 1 000 live and declared, 0 ms',
    service: 'Harbor',
    job: 'list-robots',
  },
  {
    ...plan(1_000, 1, 0),
    name: 'GitLab, plan: 1 000 live and declared, 0 ms',
    service: 'GitLab',
    job: 'list-deploy-tokens',
  },
  {
    ...apply('create', 50, 50),
    name: 'state in a branch, apply: 50 creates, 50 ms, 300 ms a push',
    pushSeconds: 0.3,
  },
];

function plan(live, registries, latency, most) {
  const perRegistry = live / registries;
  return {
    name: `plan: ${shown(live)} live and declared, ${shown(registries)} registries, ${latency} ms`,
    service: 'IONOS',
    args: ['plan', '--parallelism', String(connections), '.'],
    job: 'list',
    registries,
    perRegistry,
    declared: perRegistry,
    latency,
    most,
  };
}

function apply(job, count, latency, most) {
  return {
    ...plan(job === 'create' ? 0 : count, 1, latency, most),
    name: `apply: ${shown(count)} ${job === 'patch' ? 'patches' : `${job}s`}, ${latency} ms`,
    args: ['apply', '-y', '--max-deletes', String(count), '--parallelism', String(connections), '.'],
    job,
    declared: count,
  };
}

function unchanged(count, registries = 1) {
  return {
    ...plan(count, registries, 50),
    name: `apply: nothing to do, ${shown(count)} tokens, 50 ms`,
    args: ['apply', '-y', '--parallelism', String(connections), '.'],
  };
}

/** Returns a number with spaces between thousands. */
function shown(number) {
  return number.toLocaleString('en').replaceAll(',', ' ');
}

/** Returns the arguments of Node for the floor of a row. */
export function floorArgs({ job, floor, declared }, script, origin, folder) {
  if (job === undefined || floor === 'start') return ['-e', '0'];
  return [script, job, origin, folder, String(connections), String(declared)];
}
