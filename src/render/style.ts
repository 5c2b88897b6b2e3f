import { createColors } from 'picocolors';
import type { Action } from '../core/model/plan.ts';

/** Width and colours of an output. */
export interface Style {
  readonly width: number;
  /** True if it is a terminal: then long lines are cut, as they would wrap. */
  readonly terminal: boolean;
  /** True if tables have to fit the width although it isn't a terminal. */
  readonly bounded?: true;
  readonly color: boolean;
}

/** The sign in front of a change, three characters wide. */
export const symbols: Readonly<Record<Action, string>> = {
  create: '  +',
  patch: '  ~',
  replace: '-/+',
  delete: '  -',
  deliver: '  >',
  noop: '   ',
  error: '  !',
};

/** Paints a text in the colour of an action. */
export function painter({ color }: Style): {
  readonly action: (action: Action, text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly error: (text: string) => string;
} {
  const colors = createColors(color);
  const actions: Readonly<Record<Action, (text: string) => string>> = {
    create: colors.green,
    patch: colors.yellow,
    replace: colors.magenta,
    delete: colors.red,
    deliver: colors.cyan,
    noop: (text) => text,
    error: colors.red,
  };
  return {
    action: (action, text) => actions[action](text),
    dim: colors.dim,
    bold: colors.bold,
    warning: colors.yellow,
    error: colors.red,
  };
}
