import type { Access } from './state.ts';
import type { HarborFeatures } from './versions.ts';

type Pairs = Readonly<Record<string, string>>;

const all = 'create read list update delete';

const projectPairs: Pairs = {
  accessory: 'list',
  artifact: 'create read list delete',
  'artifact-addition': 'read',
  'artifact-label': 'create delete',
  'immutable-tag': 'create list update delete',
  label: all,
  log: 'list',
  metadata: all,
  'notification-policy': all,
  'preheat-policy': all,
  project: 'read update delete',
  quota: 'read',
  repository: 'pull push read list update delete',
  scan: 'create read stop',
  scanner: 'create read',
  tag: 'create list delete',
  'tag-retention': all,
};

const systemPairs: Pairs = {
  'audit-log': 'list',
  catalog: 'read',
  'garbage-collection': 'create read list update stop',
  'jobservice-monitor': 'list stop',
  label: 'create read update delete',
  'preheat-instance': all,
  project: 'create list',
  'purge-audit': 'create read list update stop',
  quota: 'read list update',
  registry: all,
  replication: 'create read list',
  'replication-adapter': 'list',
  'replication-policy': all,
  'scan-all': 'create read update stop',
  scanner: all,
  'security-hub': 'read list',
  'system-volumes': 'read',
};

const robot = 'create read list delete';
const newerProjectPairs: Pairs = {
  'export-cve': 'create read',
  member: all,
  robot,
  sbom: 'create read stop',
};
const newerSystemPairs: Pairs = { 'ldap-user': 'create list', robot, user: all, 'user-group': all };

/**
 * The resources and actions that robots can get, for the system and for projects: the response of `/permissions`.
 */
export interface GrantableRights {
  readonly system: readonly Pair[];
  readonly project: readonly Pair[];
}

type Pair = Pick<Access, 'resource' | 'action'>;

/** Returns the rights that robots can get in a release: docs/services/harbor.md, Permissions. */
export function grantable({ robotRights }: HarborFeatures): GrantableRights {
  return {
    system: listed({ ...systemPairs, ...(robotRights && newerSystemPairs) }),
    project: listed({ ...projectPairs, ...(robotRights && newerProjectPairs) }),
  };
}

function listed(pairs: Pairs): readonly Pair[] {
  return Object.entries(pairs).flatMap(([resource, actions]) =>
    actions.split(' ').map((action) => ({ resource, action })),
  );
}
