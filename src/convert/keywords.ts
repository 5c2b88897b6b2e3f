/** Keywords that plays, blocks and tasks share. */
const common = [
  ...['any_errors_fatal', 'become', 'become_exe', 'become_flags', 'become_method', 'become_user'],
  ...['check_mode', 'collections', 'connection', 'debugger', 'diff', 'environment', 'ignore_errors'],
  ...['ignore_unreachable', 'module_defaults', 'name', 'no_log', 'port', 'remote_user', 'run_once', 'tags'],
  ...['throttle', 'timeout', 'vars'],
];

/** The keywords that Ansible accepts in a play. */
export const playKeywords: ReadonlySet<string> = new Set([
  ...common,
  ...['fact_path', 'force_handlers', 'gather_facts', 'gather_subset', 'gather_timeout', 'handlers', 'hosts'],
  ...['max_fail_percentage', 'order', 'post_tasks', 'pre_tasks', 'roles', 'serial', 'strategy', 'tasks'],
  ...['user', 'vars_files', 'vars_prompt'],
]);

/** Keys that tell a play, or an import of plays, from a task. */
export const playKeys: readonly string[] = [
  ...['hosts', 'tasks', 'pre_tasks', 'post_tasks', 'roles', 'handlers'],
  ...['import_playbook', 'ansible.builtin.import_playbook'],
];

/** The keywords that Ansible accepts in a block. */
export const blockKeywords: ReadonlySet<string> = new Set([
  ...common,
  ...['always', 'block', 'delegate_facts', 'delegate_to', 'notify', 'rescue', 'when'],
]);

const taskOnly = new Set([
  ...common,
  ...['action', 'args', 'async', 'changed_when', 'delay', 'delegate_facts', 'delegate_to', 'failed_when'],
  ...['listen', 'local_action', 'loop', 'loop_control', 'notify', 'poll', 'register', 'retries', 'until'],
  'when',
]);

/** Tells whether a key is a keyword of a task; any other is the name of a module. */
export function isTaskKeyword(key: string): boolean {
  return taskOnly.has(key) || key.startsWith('with_');
}

/** Keywords that a dynamic include may have; Ansible rejects any other. */
const includeKeywords = new Set([
  ...['action', 'args', 'collections', 'debugger', 'ignore_errors', 'listen', 'local_action', 'loop'],
  ...['loop_control', 'name', 'no_log', 'register', 'run_once', 'tags', 'timeout', 'vars', 'when'],
]);

/** Returns the first keyword that a dynamic include can't have. */
export function strangeKeyword(module: string, keys: Iterable<string>): string | undefined {
  return [...keys].find((key) => {
    if (!isTaskKeyword(key) || key.startsWith('with_')) return false;
    // Ansible decides whether the older `include` is dynamic; only a static one passes its keywords on.
    const isUnsure = module === 'include' && (key === 'tags' || key === 'ignore_errors');
    return isUnsure || !includeKeywords.has(key);
  });
}

/** The keywords that Ansible accepts for a role in the list of a play. Any other key there is a variable. */
export const roleKeywords: ReadonlySet<string> = new Set([
  ...common,
  ...['delegate_facts', 'delegate_to', 'role', 'when'],
]);

/** Returns a module's name without the collection of Ansible itself. */
export function shortModule(name: string): string {
  return name.replace(/^ansible\.(?:builtin|legacy)\./, '');
}

/** The modules that `convert` knows. `info` stands for those that change nothing. */
export type TokenModule = 'registry_token' | 'docker_hub_personal_token' | 'docker_hub_token' | 'info';

/** Tells which of the token modules a name stands for. */
export function tokenModule(name: string): TokenModule | undefined {
  const [, ionos, hub] =
    /^(?:(?:ionoscloudsdk\.ionoscloud\.)?(registry_token(?:_info)?)|(?:community\.missing_collection\.)?(docker_hub_(?:personal_)?token(?:_info)?))$/.exec(
      name,
    ) ?? [];
  const short = ionos ?? hub;
  if (short === undefined) return undefined;
  return short.endsWith('_info') ? 'info' : (short as TokenModule);
}

/** Tells whether a name is that of the IONOS module for registries. */
export function isRegistryModule(name: string): boolean {
  return /^(?:ionoscloudsdk\.ionoscloud\.)?registry$/.test(name);
}

/** Modules that include other files. */
export const includes: ReadonlySet<string> = new Set([
  ...['include', 'include_tasks', 'import_tasks', 'include_role', 'import_role'],
]);

/** Tells whether a module includes tasks as the play runs; otherwise they are imported before it begins. */
export function isDynamic(module: string): boolean {
  return module.startsWith('include');
}

/**
 * Modules that write or report. A task of any other module may be a check: if it fails, later tasks don't run, so no
 * delete after it is certain.
 */
export const harmless: ReadonlySet<string> = new Set([
  ...['add_host', 'apt', 'blockinfile', 'copy', 'debug', 'dnf', 'file', 'find', 'gather_facts', 'group_by'],
  ...['include_vars', 'lineinfile', 'package', 'pip', 'replace', 'service', 'set_fact', 'set_stats', 'setup'],
  ...['slurp', 'stat', 'systemd', 'systemd_service', 'tempfile', 'template', 'yum'],
]);
