import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { commitFiles, createRemote } from '../support/git-remote.ts';
import { type GitRequest, serveGit } from '../support/git-server.ts';
import type { Origin } from './host.ts';
import { type Loopback, send, serveLoopback } from './loopback.ts';
import { Interrupted, type Step, type Watch } from './steps.ts';

/** How the program reaches the repository, and names it. */
export type Transport = 'http_remote_name' | 'http_url' | 'file_url';

/** A repository that outlives all hosts, with the manifest and the state. Its requests are steps of the run. */
export interface Repository {
  readonly origin: Origin;
  /** The location of the state, as the user writes it. */
  readonly location: string;
  /** The branch of the state. */
  readonly branch: string;
  /** Replaces the manifest, which clones have in their root. */
  publish(manifest: string): Promise<void>;
  close(): Promise<void>;
}

/** The user name and the password that the repository asks for, and in the form of a header's value. */
export const credentials = 'runner:canary-of-the-remote';
const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;

/**
 * Creates a repository in a folder.
 * @param watchNow returns the watch of the run that is under way
 */
export async function createRepository(
  folder: string,
  transport: Transport,
  watchNow: () => Watch,
): Promise<Repository> {
  const remote = join(folder, 'remote.git');
  await createRemote(remote);
  const publish = (manifest: string): Promise<void> =>
    commitFiles(remote, 'main', { 'tokens.yaml': manifest });

  if (transport === 'file_url') {
    const hooks = await announcePushes(remote, watchNow);
    const branch = 'tokens/state';
    const origin = { folder: remote, url: `file://${remote}` };
    return { origin, location: `git:${origin.url}#${branch}`, branch, publish, close: hooks.close };
  }
  const server = await serveWatched(folder, watchNow);
  const origin = { folder: remote, url: server.urlOf('remote.git'), authorization };
  return {
    origin,
    location: transport === 'http_url' ? `git:${origin.url}` : 'git:origin',
    branch: 'reconcile-state',
    publish,
    close: server.close,
  };
}

/** Serves the repository over HTTP. */
function serveWatched(folder: string, watchNow: () => Watch): ReturnType<typeof serveGit> {
  const begun = new Map<GitRequest, { readonly watch: Watch; readonly step: Step }>();
  return serveGit(folder, {
    authorization,
    hooks: {
      async before(request) {
        const watch = watchNow();
        const step = await watch.begin(request.kind, request.kind === 'push').catch(ifInterrupted);
        if (!step) return 'drop_before';
        begun.set(request, { watch, step });
        return 'none';
      },
      async after(request) {
        const { watch, step } = begun.get(request) ?? {};
        begun.delete(request);
        const isDone = step && (await watch?.end(step).then(() => true, ifInterrupted));
        return isDone ? 'none' : 'drop_after';
      },
    },
  });
}

/** Lets hooks of the repository announce pushes: before the branch changes, and after it. */
async function announcePushes(remote: string, watchNow: () => Watch): Promise<Loopback> {
  let pushing: Step | undefined;
  const announced = await serveLoopback(async (path) => {
    if (path === '/pre-receive') pushing = await watchNow().begin('push', true);
    else if (pushing) await watchNow().end(pushing);
  });
  for (const hook of ['pre-receive', 'post-receive']) {
    const file = join(remote, 'hooks', hook);
    const command = [process.execPath, send, `${announced.url}/${hook}`].map((word) => `'${word}'`).join(' ');
    await writeFile(file, `#!/bin/sh\nexec ${command} </dev/null\n`);
    await chmod(file, 0o755);
  }
  return announced;
}

function ifInterrupted(error: unknown): undefined {
  if (!(error instanceof Interrupted)) throw error;
}
