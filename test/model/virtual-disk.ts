import { basename, dirname } from 'node:path';
import type { Random } from './random.ts';

/** An operation that is about to run. */
export interface DiskStep {
  /** The function of node:fs/promises, or the method of its file handles. */
  readonly name: string;
  readonly path: string;
  /** Whether it changes anything, or flushes a change. */
  readonly writes: boolean;
  /** Does half of it, for a process that dies midway. */
  readonly half?: () => void;
}

interface File {
  readonly kind: 'file';
  content: Buffer;
  /** The content that survives a power cut. */
  flushed: Buffer;
  mode: number;
}

interface Folder {
  readonly kind: 'folder';
  readonly entries: Map<string, Inode>;
  flushed: ReadonlyMap<string, Inode>;
}

type Inode = File | Folder;

/** The result of `stat` and `lstat`. */
interface Status {
  readonly size: number;
  readonly mode: number;
  isFile(): boolean;
  isSymbolicLink(): boolean;
  isDirectory(): boolean;
}

/**
 * A disk in memory, without links. It knows what was flushed: a power cut takes any part of the rest away, as a
 * journaling file system may. Paths are absolute.
 */
export class Disk {
  /** Called before each operation. It may throw, or never resolve. */
  gate: (step: DiskStep) => Promise<void> = async () => undefined;
  /** Called when a program writes to a file, with what the file holds then. */
  onWrite: (path: string, content: string) => void = () => undefined;
  readonly #root = newFolder();

  /** Creates a flushed file with its folders. */
  put(path: string, text: string): void {
    this.makeFolder(dirname(path));
    const content = Buffer.from(text);
    const file: File = { kind: 'file', content, flushed: content, mode: 0o600 };
    this.#folder('put', dirname(path)).entries.set(basename(path), file);
    flush(this.#root);
  }

  makeFolder(path: string): string | undefined {
    if (this.#find(path)) return undefined;
    const above = dirname(path);
    const first = this.makeFolder(above);
    this.#folder('mkdir', above).entries.set(basename(path), newFolder());
    return first ?? path;
  }

  /** Makes a folder appear at another path, too. Both are the same folder from then on. */
  share(path: string, at: string): void {
    this.makeFolder(path);
    this.makeFolder(dirname(at));
    this.#folder('share', dirname(at)).entries.set(basename(at), this.#folder('share', path));
    flush(this.#root);
  }

  /** Removes a folder with all that is in it. Folders that it shares with others stay there. */
  discard(path: string): void {
    if (!this.#find(path)) return;
    this.#folder('discard', dirname(path)).entries.delete(basename(path));
    flush(this.#root);
  }

  /** Returns the text of a file; `undefined` if it is missing. */
  text(path: string): string | undefined {
    const inode = this.#find(path);
    return inode?.kind === 'file' ? inode.content.toString('utf8') : undefined;
  }

  /** Returns the names in a folder; empty if it is missing. */
  names(path: string): readonly string[] {
    const inode = this.#find(path);
    return inode?.kind === 'folder' ? [...inode.entries.keys()].sort() : [];
  }

  /** Reduces a folder to the content that survives a power cut. */
  cutPower(path: string, random: Random): void {
    const inode = this.#find(path);
    if (inode) survive(inode, random);
  }

  status(name: string, path: string): Status {
    const inode = this.#need(name, path);
    return {
      size: inode.kind === 'file' ? inode.content.length : 0,
      mode: inode.kind === 'file' ? inode.mode : 0o700,
      isFile: () => inode.kind === 'file',
      isSymbolicLink: () => false,
      isDirectory: () => inode.kind === 'folder',
    };
  }

  readFolder(path: string): string[] {
    return [...this.#folder('readdir', path).entries.keys()].sort();
  }

  read(name: string, path: string): Buffer {
    return Buffer.from(this.#file(name, path).content);
  }

  create(name: string, path: string, mode: number): void {
    const folder = this.#folder(name, dirname(path));
    if (folder.entries.has(basename(path))) throw failure('EEXIST', name, path);
    folder.entries.set(basename(path), {
      kind: 'file',
      content: Buffer.alloc(0),
      flushed: Buffer.alloc(0),
      mode,
    });
  }

  write(name: string, path: string, content: Buffer): void {
    this.#file(name, path).content = content;
    this.onWrite(path, content.toString('utf8'));
  }

  setMode(path: string, mode: number): void {
    this.#file('chmod', path).mode = mode;
  }

  flush(path: string): void {
    const inode = this.#need('fsync', path);
    if (inode.kind === 'file') inode.flushed = inode.content;
    else inode.flushed = new Map(inode.entries);
  }

  rename(from: string, to: string): void {
    const file = this.#file('rename', from);
    this.#folder('rename', dirname(to)).entries.set(basename(to), file);
    this.#folder('rename', dirname(from)).entries.delete(basename(from));
  }

  link(from: string, to: string): void {
    const file = this.#file('link', from);
    const folder = this.#folder('link', dirname(to));
    if (folder.entries.has(basename(to))) throw failure('EEXIST', 'link', to);
    folder.entries.set(basename(to), file);
  }

  remove(path: string, force: boolean): void {
    if (!this.#find(path)) {
      if (force) return;
      throw failure('ENOENT', 'rm', path);
    }
    this.#folder('rm', dirname(path)).entries.delete(basename(path));
  }

  #find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      if (inode?.kind !== 'folder') return undefined;
      inode = inode.entries.get(name);
    }
    return inode;
  }

  #need(name: string, path: string): Inode {
    const inode = this.#find(path);
    if (!inode) throw failure('ENOENT', name, path);
    return inode;
  }

  #folder(name: string, path: string): Folder {
    const inode = this.#need(name, path);
    if (inode.kind !== 'folder') throw failure('ENOTDIR', name, path);
    return inode;
  }

  #file(name: string, path: string): File {
    const inode = this.#need(name, path);
    if (inode.kind !== 'file') throw failure('EISDIR', name, path);
    return inode;
  }
}

/** Creates an error like those of the file system. */
export function failure(code: string, name: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${name} ${path}`), { code });
}

function newFolder(): Folder {
  return { kind: 'folder', entries: new Map(), flushed: new Map() };
}

function flush(folder: Folder): void {
  folder.flushed = new Map(folder.entries);
  for (const inode of folder.entries.values()) if (inode.kind === 'folder') flush(inode);
}

function survive(inode: Inode, random: Random): void {
  if (inode.kind === 'file') {
    if (inode.content !== inode.flushed) {
      const torn = inode.content.subarray(0, random.between(0, inode.content.length));
      inode.content = random.pick([inode.flushed, inode.content, torn]);
      inode.flushed = inode.content;
    }
    return;
  }
  const names = new Set([...inode.entries.keys(), ...inode.flushed.keys()]);
  for (const name of [...names].sort()) {
    const is = inode.entries.get(name);
    const was = inode.flushed.get(name);
    const kept = is === was || random.chance(0.5) ? is : was;
    if (kept) inode.entries.set(name, kept);
    else inode.entries.delete(name);
  }
  inode.flushed = new Map(inode.entries);
  for (const child of inode.entries.values()) survive(child, random);
}
