import type { Action } from '../core/model/plan.ts';
import type { Clock } from '../core/util/clock.ts';
import type { ProgressListener } from '../execute/context.ts';
import { printable } from '../render/sanitize.ts';
import { cutToCells } from '../render/text-width.ts';
import type { OutputStream } from './io.ts';
import type { OutputOptions } from './options.ts';

/** Progress of a run: on a terminal one line that is overwritten, elsewhere a line now and then. */
export interface Progress {
  /** Counts a response, with its trouble if the request failed or must be retried. */
  requestDone(trouble?: string): void;
  /** Begins the execution of this many changes. */
  begin(total: number): ProgressListener;
  /** Returns the output, wrapped so that the line doesn't get in its way. */
  wrap(output: OutputStream): OutputStream;
  /** Hides the line while something else goes on, for example a question. */
  suspend<T>(work: () => Promise<T>): Promise<T>;
  /** Removes the line for good: responses after a failure are no longer shown. */
  end(): void;
}

/** Interval of lines if the output is not a terminal, in milliseconds. */
const plainIntervalMs = 30_000;
/** Minimum time between updates of the line, in milliseconds: people can't read faster. */
const minRedrawMs = 50;
const eraseLine = '\r\u001b[K';

const verbs: Readonly<Record<Action, string>> = {
  create: 'creating',
  patch: 'patching',
  replace: 'replacing',
  delete: 'deleting',
  deliver: 'delivering',
  noop: '',
  error: '',
};

/** Creates progress on an output. Runs a timer until its end. */
export function createProgress(
  output: OutputStream,
  { quiet, progress }: Pick<OutputOptions, 'quiet' | 'progress'>,
  { clock, mask }: { readonly clock: Clock; readonly mask: (text: string) => string },
): Progress {
  const silent = quiet || !progress;
  const over = new AbortController();
  let saying = false;
  let stale = false;
  let asked = 0;
  let shown = false;
  let doing = '';
  let trouble: string | undefined;

  const text = (): string =>
    mask(printable(trouble === undefined ? doing : `${doing}; last attempt: ${trouble}`));
  const draw = (): void => {
    stale = false;
    if (asked > 0) return;
    // Overwritten from the left, and the rest cleared, so that it doesn't flicker.
    output.write(`\r${cutToCells(text(), output.columns - 1)}\u001b[K`);
    shown = true;
  };
  const show = (now: string): void => {
    doing = now;
    stale = true;
    if (silent || over.signal.aborted || saying) return;
    saying = true;
    if (output.isTTY) draw();
    void (output.isTTY ? drawAgain(over.signal) : sayAgain(over.signal));
  };
  const sayAgain = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(plainIntervalMs, signal).catch(() => undefined);
      if (!signal.aborted) output.write(`${text()}\n`);
    }
  };
  const drawAgain = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(minRedrawMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (!stale) break;
      draw();
    }
    saying = false;
  };
  const clear = (): void => {
    if (shown) output.write(eraseLine);
    shown = false;
  };

  let answers = 0;
  let carryingOut = false;
  return {
    requestDone(wrong) {
      trouble = wrong;
      if (wrong === undefined) answers += 1;
      show(carryingOut ? doing : `Reading: ${answers} ${answers === 1 ? 'response' : 'responses'}`);
    },
    begin(total) {
      carryingOut = true;
      const inProgress = new Map<string, string>();
      let finished = 0;
      let failed = 0;
      const update = (): void => {
        const [first] = inProgress.values();
        const counts = [
          `${finished} of ${total} done`,
          ...(failed > 0 ? [`${failed} failed`] : []),
          ...(inProgress.size > 1 ? [`${inProgress.size} in progress`] : []),
        ];
        show(`${counts.join(', ')}${first === undefined ? '' : `: ${first}`}`);
      };
      if (total > 0) update();
      return {
        onBegin({ address, action }) {
          inProgress.set(address, `${verbs[action]} ${address}`);
          update();
        },
        onWait(address, until) {
          if (!inProgress.has(address)) return;
          inProgress.set(address, `waiting for ${address} ${until}`);
          update();
        },
        onDone({ address, status }) {
          inProgress.delete(address);
          finished += 1;
          if (status === 'failed') failed += 1;
          update();
        },
      };
    },
    wrap: (other) => ({
      write(written) {
        clear();
        other.write(written);
      },
      isTTY: other.isTTY,
      get columns() {
        return other.columns;
      },
    }),
    async suspend(work) {
      asked += 1;
      clear();
      try {
        return await work();
      } finally {
        asked -= 1;
      }
    },
    end() {
      clear();
      over.abort();
    },
  };
}
