import { describe, expect, test } from 'vitest';
import { decodeGrantable, ungrantable } from '../../../src/providers/harbor/grantable.ts';

const grantable = decodeGrantable({
  system: [{ resource: 'registry', action: 'list' }],
  project: [
    { resource: 'repository', action: 'pull' },
    { resource: 'repository', action: 'push' },
  ],
});

describe('the accesses that a server can grant', () => {
  test('are checked for the robots of a project', () => {
    expect(
      ungrantable({ access: ['repository:pull', 'repository:push'] }, required(grantable)),
    ).toBeUndefined();
    expect(ungrantable({ access: ['repository:pul'] }, required(grantable))).toBe(
      "access: this Harbor can't grant repository:pul on projects; did you mean repository:pull?",
    );
  });

  test('are checked by kind for the robots of the system', () => {
    const permissions = (kind: string, access: string) => ({
      permissions: [{ kind, namespace: '*', access: [access] }],
    });
    expect(ungrantable(permissions('project', 'repository:pull'), required(grantable))).toBeUndefined();
    expect(ungrantable(permissions('system', 'registry:list'), required(grantable))).toBeUndefined();
    expect(ungrantable(permissions('system', 'repository:pull'), required(grantable))).toBe(
      "permissions: this Harbor can't grant repository:pull on the system",
    );
  });

  test.each([undefined, null, {}, { project: [] }, { project: [{ resource: 1 }] }])(
    'are unknown if the response has none: %j',
    (body) => {
      expect(decodeGrantable(body)).toBeUndefined();
    },
  );
});

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('nothing there');
  return value;
}
