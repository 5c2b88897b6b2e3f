/** A deploy token as GitLab shows it. */
export const deployToken = {
  id: 17,
  name: 'ci-push',
  username: 'ci',
  expires_at: '2026-03-01T08:00:00.000Z',
  scopes: ['read_registry', 'write_registry', 'read_repository'],
  revoked: false,
  expired: false,
};

/** An access token as GitLab shows it. */
export const accessToken = {
  id: 23,
  name: 'renovate',
  description: 'updates [reconcile/1.2.0 (nonce-1)]',
  scopes: ['write_registry', 'read_registry'],
  access_level: 30,
  expires_at: '2026-03-01',
  user_id: 405,
  active: true,
  revoked: false,
  created_at: '2026-01-01T10:00:00.000Z',
  last_used_at: null,
  last_used_ips: ['192.0.2.7'],
  resource_type: 'project',
  resource_id: 12,
};
