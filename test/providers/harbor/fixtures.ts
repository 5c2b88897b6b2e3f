/** A robot of the project team-a, as Harbor 2.12 and later show it. It was created at midnight, for 30 days. */
export const robot = {
  id: 17,
  name: 'robot$team-a+ci',
  description: 'for the pipeline',
  level: 'project',
  duration: 30,
  disable: false,
  editable: true,
  expires_at: Date.parse('2026-01-31T00:00:00Z') / 1000,
  creation_time: '2026-01-01T00:00:00.000Z',
  update_time: '2026-01-01T00:00:00.000Z',
  creator_type: 'local',
  creator_ref: 5,
  permissions: [
    {
      kind: 'project',
      namespace: 'team-a',
      access: [
        { resource: 'repository', action: 'push', effect: 'allow' },
        { resource: 'repository', action: 'pull', effect: 'allow' },
      ],
    },
  ],
};

/** A robot of the system, with rights in two projects and on the installation. It never expires. */
export const systemRobot = {
  ...robot,
  id: 18,
  name: 'robot$mirror',
  level: 'system',
  duration: -1,
  expires_at: -1,
  permissions: [
    { kind: 'project', namespace: 'team-a', access: [{ resource: 'repository', action: 'pull' }] },
    { kind: 'project', namespace: 'team-b', access: [{ resource: 'repository', action: 'pull' }] },
    {
      kind: 'system',
      namespace: '/',
      access: [
        { resource: 'registry', action: 'read' },
        { resource: 'registry', action: 'list' },
      ],
    },
  ],
};
