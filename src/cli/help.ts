/** Examples of each command: a command line, and its purpose. */
const examples: Readonly<Record<string, readonly (readonly [line: string, what: string])[]>> = {
  init: [
    ['reconcile init', 'asks for what it needs'],
    ['reconcile init --service ionos --adopt --ci github', 'asks for nothing'],
  ],
  validate: [['reconcile validate tokens', 'all that is wrong, at once']],
  plan: [
    ['reconcile plan tokens', 'what would change'],
    ['reconcile plan tokens --out plan.json', 'to be reviewed, and applied as it is'],
    ['reconcile plan tokens --drift-only', 'what was changed by hand'],
  ],
  apply: [
    ['reconcile apply tokens', 'plans, asks, and makes it so'],
    ['reconcile apply --plan plan.json', 'exactly what was reviewed, or nothing'],
    ["reconcile apply tokens --target 'registry_token:team-a/*'", 'these alone'],
  ],
  rotate: [['reconcile rotate registry_token:team-a/ci-push --revoke-old', 'its secret has leaked']],
  list: [['reconcile list --filter properties.status=enabled', 'live tokens that work']],
  export: [['reconcile export > tokens/all.yaml', 'a manifest that plans to nothing']],
  audit: [
    ['reconcile audit tokens --fail-on high', 'exit code 2 where something is found'],
    ['reconcile audit tokens --format html > audit.html', 'a page to hand on'],
  ],
  convert: [['reconcile convert playbook.yml > tokens/tokens.yaml', 'from Ansible']],
  doctor: [['reconcile doctor tokens', 'check your setup; print a fix for each problem']],
  explain: [['reconcile explain registry_token.rotate', 'what a field means']],
  completion: [['source <(reconcile completion bash)', 'in ~/.bashrc']],
  emulator: [['reconcile emulator --port 8080', 'the APIs, without an account']],
};

/** Returns the examples of a command as text; empty if it has none. */
export function examplesOf(command: string): string {
  const lines = (examples[command] ?? []).flatMap(([line, what]) => [`  ${line}`, `      ${what}`]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n`;
}

const groups: Readonly<Record<string, readonly string[]>> = {
  'To begin:': ['init', 'export', 'convert', 'doctor', 'demo', 'emulator'],
  'From day to day:': ['validate', 'plan', 'apply', 'rotate', 'list', 'audit', 'spool'],
};

/** Returns the heading under which the help lists a command. */
export function groupOf(command: string): string {
  return (
    Object.entries(groups).find(([, commands]) => commands.includes(command))?.[0] ?? 'To find your way:'
  );
}
