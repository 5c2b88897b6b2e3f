import type { TokenKind } from '../core/model/token-kind.ts';
import type { Policy } from './policy/policy.ts';

/** Options of the loader, besides the paths. */
export interface ReadOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: (limit: number) => Promise<Buffer>;
  readonly declarations: readonly TokenKind[];
  /** Seconds since 1970. */
  readonly now: number;
  readonly allowHosts: readonly string[];
  readonly allowFileReferences: readonly string[];
  readonly allowSinkDirs: readonly string[];
  readonly allowInsecureHttp: boolean;
  /** The policies that every entry must satisfy. */
  readonly policies: readonly Policy[];
  readonly debug: (message: string) => void;
}
