import { readFileSync } from 'node:fs';

/** A lasting step of a run: a write to a file, a program, or a request. */
export interface Step {
  readonly kind: 'file' | 'request';
  /** Its number among those of its kind, from 1. */
  readonly number: number;
  readonly text: string;
  /** Whether it can be half done: a partial write, or a request without its response. */
  readonly divisible: boolean;
}

/** A point at which a run is killed. */
export interface KillPoint {
  readonly moment: 'before' | 'middle' | 'after';
  readonly step: Step;
  /** The number of steps begun by then, this one included. */
  readonly begun: number;
}

/**
 * Every point that a run can be killed at. Between two steps nothing happens that lasts, so the point after one
 * is the point before the next.
 */
export function killPointsOf(steps: readonly Step[]): readonly KillPoint[] {
  const killPoints = steps.flatMap((step, index): KillPoint[] => {
    const before: KillPoint = { moment: 'before', step, begun: index + 1 };
    return step.divisible ? [before, { ...before, moment: 'middle' }] : [before];
  });
  const last = steps.at(-1);
  return last ? [...killPoints, { moment: 'after', step: last, begun: steps.length }] : [];
}

/** Steps without lasting effect, unless the power is cut. */
const traceless = /^(sync|close|GET) /;

/**
 * The points in groups, each of which leaves the same behind: between its points lie only steps that leave nothing.
 * A run that is killed at one of them is as good as killed at all.
 */
export function groupKillPoints(
  killPoints: readonly KillPoint[],
): readonly (readonly [KillPoint, ...KillPoint[]])[] {
  const groups: [KillPoint, ...KillPoint[]][] = [];
  let last: KillPoint | undefined;
  for (const killPoint of killPoints) {
    const group = groups.at(-1);
    if (group && last && traceless.test(last.step.text)) group.push(killPoint);
    else groups.push([killPoint]);
    last = killPoint;
  }
  return groups;
}

/** A recorder of the steps of a run, from the trace of the program and the requests to the service. */
export interface Recorder {
  /** Records a request that has arrived. */
  request(method: string, url: string): void;
  /** Returns all steps so far, in order. Throws if the order is unknown. */
  steps(): readonly Step[];
}

/** @param traceFile what the program's own side is written to */
export function createRecorder(traceFile: string): Recorder {
  const steps: Step[] = [];
  let files = 0;
  let requests = 0;

  const catchUp = (): void => {
    const trace = readTrace(traceFile);
    for (const { text, divisible } of trace.slice(files)) {
      files += 1;
      steps.push({ kind: 'file', number: files, text, divisible });
    }
  };

  return {
    request(method, url) {
      catchUp();
      requests += 1;
      const { pathname, search } = new URL(url);
      const text = `${method} ${same(pathname + search)}`;
      steps.push({ kind: 'request', number: requests, text, divisible: true });
    },
    steps() {
      catchUp();
      return steps;
    },
  };
}

type Line =
  | { readonly begin: string; readonly divisible: boolean }
  | { readonly end: true }
  | { readonly stray: string };

/** The operations of a trace; throws where two overlap, as then their order is a matter of chance. */
function readTrace(file: string): readonly { readonly text: string; readonly divisible: boolean }[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line));
  return lines.flatMap((line, index) => {
    if ('stray' in line) throw new Error(`fs.${line.stray} was called, which is not counted`);
    if ('end' in line) return [];
    const next = lines[index + 1];
    if (next && !('end' in next)) throw new Error(`another operation began during: ${line.begin}`);
    return [{ text: same(line.begin), divisible: line.divisible }];
  });
}

/** Removes the parts of a text that differ in each run. */
function same(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/[0-9a-f]{32}/g, '<key>')
    .replace(/[0-9a-f]{12}(?=\.tmp)/g, '<random>');
}
