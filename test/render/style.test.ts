import { describe, expect, it } from 'vitest';
import { renderPlanText } from '../../src/render/plan-text.ts';
import { created } from './changes.ts';
import { planText, style } from './text-fixtures.ts';

describe('colours', () => {
  it('are added on request, and change no letter', () => {
    const coloured = renderPlanText(
      { version: 1, changes: [created], guards: [], digest: '' },
      { ...style, color: true },
    );
    expect(coloured).toContain('\u001b[32m');
    const esc = String.fromCharCode(27);
    expect(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(planText([created]));
  });
});
