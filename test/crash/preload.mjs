/**
 * Loaded into the program before its own code: counts what it does to files and which programs it runs, writes
 * that down, and kills the process at the one that is asked for.
 *
 * CRASH_TRACE: the file to write to, one line of JSON for each beginning and each end.
 * CRASH_AT: `before 7` kills before the seventh operation, `middle 7` half-way through it, `after 7` once it is
 * done; without it nothing is killed.
 * CRASH_KEEP: a folder that is given what a kill would leave of the working directory: before each operation as
 * `before 7`, and half-way through it as `middle 7`.
 */
import child from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import process from 'node:process';

const { CRASH_TRACE: traceFile = '', CRASH_AT: at = '', CRASH_KEEP: keep = '' } = process.env;
delete process.env.CRASH_TRACE;
delete process.env.CRASH_AT;
delete process.env.CRASH_KEEP;
const [moment, target] = at.split(' ');
const { cpSync, openSync, writeSync } = fs;
const trace = openSync(traceFile, 'a');
let count = 0;
let busy = false;

const note = (line) => writeSync(trace, `${JSON.stringify(line)}\n`);

function die() {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // not one step further
}

/** Notes the beginning of an operation; gives whether it is to be stopped in the middle. */
function begin(name, places, divisible = false) {
  count += 1;
  busy = true;
  note({ begin: [name, ...places].join(' '), divisible });
  reach('before');
  return isNow('middle') || (divisible && keep !== '');
}

function end() {
  busy = false;
  note({ end: true });
  if (isNow('after')) die();
}

const isNow = (when) => moment === when && target === String(count);

/** A moment at which the process can be killed: it is, or what it would leave is kept. */
function reach(when) {
  if (isNow(when)) die();
  if (keep !== '') cpSync(process.cwd(), join(keep, `${when} ${count}`), { recursive: true });
}

async function during(work) {
  try {
    return await work();
  } finally {
    end();
  }
}

const place = (path) => relative(process.cwd(), String(path)) || '.';

function halves(content) {
  const bytes = Buffer.from(content);
  const middle = Math.floor(bytes.length / 2);
  return [bytes.subarray(0, middle), bytes.subarray(middle)];
}

/** Writes a content in two parts, and may not get beyond the middle. */
async function writeHalves(content, write) {
  const [first, second] = halves(content);
  await write(first, false);
  reach('middle');
  await write(second, true);
}

/** Wraps a function whose first arguments are paths. */
function wrap(name, paths) {
  const real = promises[name];
  promises[name] = (...given) => {
    begin(name, given.slice(0, paths).map(place));
    return during(() => real(...given));
  };
}

for (const name of ['appendFile', 'chmod', 'chown', 'lchown', 'lutimes', 'mkdir', 'mkdtemp']) wrap(name, 1);
for (const name of ['rm', 'rmdir', 'truncate', 'unlink', 'utimes']) wrap(name, 1);
for (const name of ['copyFile', 'cp', 'link', 'rename', 'symlink']) wrap(name, 2);

const { open, writeFile } = promises;

promises.writeFile = async (path, content, options) => {
  const half = begin('writeFile', [place(path)], true);
  return during(() =>
    half
      ? writeHalves(content, (part, more) => writeFile(path, part, more ? { flag: 'a' } : options))
      : writeFile(path, content, options),
  );
};

promises.open = async (path, flags = 'r', ...more) => {
  const { O_CREAT, O_RDWR, O_WRONLY } = fs.constants;
  const writes = typeof flags === 'number' ? (flags & (O_CREAT | O_RDWR | O_WRONLY)) !== 0 : flags !== 'r';
  if (!writes) return watched(await open(path, flags, ...more), place(path), ['sync', 'datasync']);
  begin('open', [place(path)]);
  const changing = ['appendFile', 'chmod', 'chown', 'close', 'datasync', 'sync', 'truncate', 'utimes'];
  return watched(await during(() => open(path, flags, ...more)), place(path), [
    ...changing,
    'write',
    'writev',
  ]);
};

function watched(handle, path, methods) {
  for (const name of methods) {
    const real = handle[name].bind(handle);
    handle[name] = (...given) => {
      begin(name, [path]);
      return during(() => real(...given));
    };
  }
  const real = handle.writeFile.bind(handle);
  handle.writeFile = async (content, options) => {
    const half = begin('write', [path], true);
    return during(() =>
      half ? writeHalves(content, (part) => real(part, options)) : real(content, options),
    );
  };
  return handle;
}

// What would go past the count is told of, so that it can be taken in; what is counted may be made of these.
const changing =
  /^(append|chmod|chown|copy|cp|create|lch|link|lutimes|mk|rename|rm|symlink|truncate|unlink|utimes|write)/;
for (const name of Object.keys(fs).filter((key) => changing.test(key) && typeof fs[key] === 'function')) {
  const real = fs[name];
  fs[name] = (...given) => {
    if (!busy) note({ stray: name });
    return real.apply(fs, given);
  };
}

const { spawn } = child;

child.spawn = (program, args, options) => {
  const half = begin('run', [program], true) && keep === '';
  const started = spawn(program, args, options);
  started.once('exit', () => (half ? die() : end()));
  if (half) {
    // It is given half of its input, and ends by itself: what a killed process leaves behind does.
    const finish = started.stdin.end.bind(started.stdin);
    started.stdin.end = (input) => finish(halves(input)[0]);
  }
  return started;
};

syncBuiltinESMExports();
