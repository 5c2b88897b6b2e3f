import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { HealthCheck } from '../../src/core/model/health-check.ts';
import { renderCheckup } from '../../src/render/doctor-text.ts';
import { style } from './text-fixtures.ts';

it('a report of doctor fits the terminal, with and without colours', () => {
  const checks: readonly HealthCheck[] = [
    { name: 'reconcile', state: 'ok', message: '0.1.0' },
    { name: 'proxy', state: 'skipped', message: 'none is set' },
    {
      name: 'IONOS: access',
      state: 'failed',
      message: `the service refused the credentials, ${'and said so '.repeat(5)}at length`,
      fix: `look at IONOS_TOKEN, ${'and look again '.repeat(5)}`.trim(),
    },
  ];
  const plain = renderCheckup(checks, style);
  expect(plain).toMatchInlineSnapshot(`
    "✓ reconcile  0.1.0
    – proxy  none is set
    ✗ IONOS: access  the service refused the credentials, and said so and said so
      and said so and said so and said so at length
        → look at IONOS_TOKEN, and look again and look again and look again and look
          again and look again

    1 problem found.
    "
  `);
  expect(stripVTControlCharacters(renderCheckup(checks, { ...style, color: true }))).toBe(plain);
});
