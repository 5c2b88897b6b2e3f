import { describe, expect, test } from 'vitest';
import type { AuditFinding } from '../../src/core/audit/rules.ts';
import { renderAuditText } from '../../src/render/audit-text.ts';
import { textWidth } from '../../src/render/text-width.ts';

const style = { width: 80, terminal: true, color: false };
const finding: AuditFinding = {
  rule: 'over_broad',
  severity: 'high',
  address: 'docker_hub_org_token:acme/ci-push',
  kind: 'docker_hub_org_token',
  id: '1',
  name: 'ci-push',
  message: 'scope too broad: all repositories of the organization, pull and push of public ones',
  advice: 'list only the repositories and actions that the pipelines of this organization need, one by one',
  source: { file: 'environments/production/registry/tokens.yaml', line: 12, column: 3 },
};

/** Renders a finding with another address, and checks that its lines fit and its words are whole. */
function linesOf(address: string, options = style): readonly string[] {
  const lines = renderAuditText([{ ...finding, address }], 3, options).split('\n');
  expect(lines.filter((line) => textWidth(line) > options.width)).toEqual([]);
  const words = lines.flatMap((line) => line.split(' '));
  for (const word of `${address} ${finding.message} ${finding.advice}`.split(' '))
    expect(words).toContain(word);
  return lines;
}

describe('findings at 80 columns', () => {
  test('have rule, address and, if there is room, the place in one line', () => {
    const [first, second] = linesOf(finding.address);
    expect(first).toBe('high    over_broad        docker_hub_org_token:acme/ci-push');
    expect(second?.trim()).toBe('environments/production/registry/tokens.yaml:12');
  });

  test('show a long address below the rule', () => {
    const address = 'docker_hub_org_token:acme/continuous-integration-of-all-services';
    expect(linesOf(address).slice(0, 2)).toEqual(['high    over_broad', `        ${address}`]);
  });

  test('wrap an address at its spaces', () => {
    linesOf(`docker_hub_personal_token:laptop ${'with a long label '.repeat(5).trim()}`);
  });

  test('count wide characters as two cells', () => {
    linesOf(`docker_hub_personal_token:${'漢字'.repeat(10)} ${'本番環境'.repeat(3)}`);
  });

  test('have the width of COLUMNS if the output is piped', () => {
    linesOf('docker_hub_org_token:acme/continuous-integration-of-all-services', {
      ...style,
      terminal: false,
      ...{ bounded: true },
    });
  });
});

test('piped findings without a width have one line for rule, address and place', () => {
  const address = 'docker_hub_org_token:acme/continuous-integration-of-all-services';
  const text = renderAuditText([{ ...finding, address }], 3, { ...style, terminal: false });
  expect(text.split('\n')[0]).toBe(
    `high    over_broad        ${address}  environments/production/registry/tokens.yaml:12`,
  );
});
