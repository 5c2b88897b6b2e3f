import { describe, expect, test } from 'vitest';
import { auditChart, type TokenDate } from '../../src/render/audit-chart.ts';

const now = Date.UTC(2027, 0, 4) / 1000;
const week = 7 * 86_400;
const expiries = (count: number, at = now): readonly TokenDate[] =>
  Array.from({ length: count }, () => ({ at, address: 'registry_token:team-a/a', event: 'expires' }));

/** Returns the texts of a chart at its vertical axis. */
function counts(chart: string): readonly string[] {
  return [...chart.matchAll(/text-anchor="end">(\d+)</g)].map(([, count]) => count ?? '');
}

describe('the chart of an audit', () => {
  test.each([
    [1, ['0', '1']],
    [4, ['0', '1', '2', '3', '4']],
    [6, ['0', '2', '4', '6']],
    [7, ['0', '2', '4', '6', '8']],
    [130, ['0', '50', '100', '150']],
    [2_000, ['0', '500', '1000', '1500', '2000']],
  ])('has few labels for %i tokens in a week', (count, labels) => {
    expect(counts(auditChart(expiries(count), now))).toEqual(labels);
  });

  test('labels the months, except where there is no room', () => {
    const chart = auditChart(expiries(1), now);
    const months = [...chart.matchAll(/>(\d{4}-\d{2})</g)].map(([, month]) => month);
    expect(months).toEqual(
      Array.from({ length: 11 }, (_, index) => `2027-${`${index + 2}`.padStart(2, '0')}`),
    );
  });

  test('counts expiries and rotations of a week', () => {
    const dates = [...expiries(2, now + week), { ...expiries(1, now + week)[0], event: 'rotates' }];
    const chart = auditChart(dates as readonly TokenDate[], now);
    expect(chart).toContain('<title>week of 2027-01-11: 2 expire, 1 rotate</title>');
    expect(chart).toContain('aria-label="Expiries and rotations: 3 within a year, at most 3 in a week"');
  });

  test('leaves out dates after a year', () => {
    const chart = auditChart(expiries(3, now + 52 * week), now);
    expect(chart).not.toContain('<rect');
    expect(chart).toContain('0 within a year');
  });
});
