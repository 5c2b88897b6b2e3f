import type { Change, Plan } from '../../src/core/model/plan.ts';
import { renderPlanText } from '../../src/render/plan-text.ts';

export const style = { width: 80, color: false, terminal: true };

export function planText(changes: readonly Change[], guards: Plan['guards'] = []): string {
  return renderPlanText({ version: 1, changes, guards, digest: 'sha256:0' }, style);
}
