import type { Problem } from '../../src/core/model/errors.ts';
import type { Change, Plan } from '../../src/core/model/plan.ts';
import { renderPlanMarkdown } from '../../src/render/plan-markdown.ts';

export const asIs = (text: string): string => text;

export function planMarkdown(changes: readonly Change[], guards: Plan['guards'] = [], mask = asIs): string {
  return renderPlanMarkdown({ version: 1, changes, guards, digest: 'sha256:0' }, mask);
}

export const isProtected: Problem = {
  code: 'PLAN_UNSAFE',
  message: 'team-a/x is protected',
  hint: 'take protected: true out',
  source: { file: 'tokens.yaml', line: 3, column: 5 },
};
