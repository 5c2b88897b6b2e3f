import { describe, expect, test } from 'vitest';
import { type ListRow, renderListText } from '../../src/render/list-text.ts';
import { textWidth } from '../../src/render/text-width.ts';

const style = { width: 80, terminal: true, color: false };
const now = Date.UTC(2027, 0, 1) / 1000;
const row: ListRow = {
  address: 'docker_hub_org_token:acme/ci-push',
  kind: 'docker_hub_org_token',
  scope: 'acme',
  scopeFields: { org: 'acme' },
  name: 'ci-push',
  id: '6a7a5ef2-8889-43a0-8cc7-f2a94268e861',
  custody: 'held',
  fields: {
    label: 'ci-push',
    description: 'pushes the images that the pipelines of all services make',
    resources: [{ type: 'TYPE_REPO', path: 'acme/app', scopes: ['scope-image-push'] }],
    is_active: true,
    expires_at: '2027-06-30T00:00:00Z',
  },
  lastUsed: now - 3600,
};

describe('a list', () => {
  test('fits 80 columns: dates are short, and columns that do not fit are left out, the most important last', () => {
    const text = renderListText([row], now, style);
    expect(text).toContain('2027-06-30');
    expect(text).not.toContain('T00:00:00Z');
    expect(text.split('\n').every((line) => textWidth(line) <= 80)).toBe(true);
    expect(text.split('\n')[0]?.split(/ {2,}/)).toEqual([
      'ORG',
      'NAME',
      'ACTIVE',
      'EXPIRES',
      'LAST USED',
      'CUSTODY',
    ]);
  });

  test('has all columns and times with -o wide', () => {
    const text = renderListText([row], now, style, 'wide');
    expect(text).toContain('2027-06-30T00:00:00Z');
    expect(text).toContain('2026-12-31T23:00:00Z');
    expect(text).toContain(row.id);
    expect(text).toContain('acme/app: scope-image-push');
  });

  test('has one address a line with -o name', () => {
    expect(
      renderListText([row, { ...row, address: 'docker_hub_org_token:acme/other' }], now, style, 'name'),
    ).toBe('docker_hub_org_token:acme/ci-push\ndocker_hub_org_token:acme/other\n');
  });

  test('shows a token that another has replaced as superseded, as its secret is nowhere any more', () => {
    const text = renderListText([{ ...row, custody: 'unknown', retired: true }], now, style);
    expect(text.split('\n')[1]).toMatch(/ superseded$/);
    expect(text).not.toContain('unknown');
  });

  test('counts its tokens', () => {
    expect(renderListText([], now, style)).toBe('0 tokens\n');
    expect(renderListText([row], now, style)).toMatch(/\n1 token\n$/);
  });
});
