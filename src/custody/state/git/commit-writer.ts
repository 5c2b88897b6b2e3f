import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { splitPath } from '../../../system/git/tree-files.ts';
import { isObjectId, type RepositoryGit } from './repository-git.ts';

/** Number of files that are written at the same time. */
const filesAtOnce = 64;

const identity = {
  GIT_AUTHOR_NAME: 'reconcile',
  GIT_AUTHOR_EMAIL: 'reconcile@localhost',
  GIT_COMMITTER_NAME: 'reconcile',
  GIT_COMMITTER_EMAIL: 'reconcile@localhost',
};

/** The writer of commits to the private repository. Content that the repository already has isn't written again. */
export class CommitWriter {
  readonly #git: RepositoryGit;
  /** The IDs of objects in the private repository, by the digests of their kind and content. */
  readonly #written = new Map<string, string>();

  constructor(git: RepositoryGit) {
    this.#git = git;
  }

  /** Records that the private repository has a file of this content. */
  addKnown(content: string, id: string): void {
    this.#written.set(digestOf('blob', content), id);
  }

  /** Writes a commit without parents that has exactly these files, and returns its ID. */
  async commit(files: ReadonlyMap<string, string>): Promise<string> {
    const places = [...files].map(([path, content]) => ({ ...splitPath(path), content }));
    const ids = await this.#writeBlobs([...files.values()]);
    const entries = new Map<string, string[]>([['', []]]);
    for (const { folder, name, content } of places) {
      const line = `100644 blob ${ids.get(content)}\t${name}\0`;
      entries.set(folder, [...(entries.get(folder) ?? []), line]);
    }
    const top = entries.get('') ?? [];
    for (const [folder, lines] of entries) {
      if (folder === '') continue;
      if (files.has(folder)) throw new RangeError(`both a file and a folder: ${folder}`);
      top.push(`040000 tree ${await this.#writeTree(lines)}\t${folder}\0`);
    }
    const tree = await this.#writeTree(top);
    const date = `${Math.floor(this.#git.repository.clock.now() / 1000)} +0000`;
    return this.#git.object(['commit-tree', '-m', `State ${randomUUID()}`, tree], undefined, {
      ...identity,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_DATE: date,
    });
  }

  /** Writes the contents that the private repository doesn't have, and returns the IDs of all. */
  async #writeBlobs(contents: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const missing = [...new Set(contents)].filter((content) => !this.#written.has(digestOf('blob', content)));
    if (missing.length > 0) {
      const folder = `content-${randomUUID()}`;
      const path = join(this.#git.repository.folder, folder);
      const names = missing.map((_, index) => `${folder}/${index}`);
      try {
        await this.#writeFiles(path, missing);
        const input = names.map((name) => `${name}\n`).join('');
        const result = await this.#git.local(['hash-object', '-w', '--no-filters', '--stdin-paths'], input);
        const ids = result.stdout.toString('latin1').trim().split('\n');
        if (ids.length !== missing.length || !ids.every(isObjectId)) throw this.#git.localFault(result);
        for (const [index, content] of missing.entries()) this.addKnown(content, ids[index] ?? '');
      } finally {
        await rm(path, { recursive: true, force: true }).catch(() => undefined);
      }
    }
    return new Map(contents.map((content) => [content, this.#written.get(digestOf('blob', content)) ?? '']));
  }

  async #writeFiles(folder: string, contents: readonly string[]): Promise<void> {
    try {
      await mkdir(folder, { mode: 0o700 });
      for (let start = 0; start < contents.length; start += filesAtOnce) {
        await Promise.all(
          contents
            .slice(start, start + filesAtOnce)
            .map((content, index) =>
              writeFile(join(folder, String(start + index)), content, { mode: 0o600, flag: 'wx' }),
            ),
        );
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw this.#git.temporaryFolderError(message, error);
    }
  }

  async #writeTree(lines: readonly string[]): Promise<string> {
    const text = lines.join('');
    const digest = digestOf('tree', text);
    const id = this.#written.get(digest) ?? (await this.#git.object(['mktree', '-z'], text));
    this.#written.set(digest, id);
    return id;
  }
}

function digestOf(kind: 'blob' | 'tree', text: string): string {
  return createHash('sha256').update(`${kind} `).update(text).digest('base64');
}
