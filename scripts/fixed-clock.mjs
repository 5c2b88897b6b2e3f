/** Stops the clock of a program that loads this first, so that its output is the same at any time. */
import process from 'node:process';

const now = Date.parse(process.env.RECONCILE_DOCS_NOW);
globalThis.Date = class extends Date {
  constructor(...args) {
    super(...(args.length === 0 ? [now] : args));
  }

  static now() {
    return now;
  }
};
