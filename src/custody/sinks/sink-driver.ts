import type { Sink } from '../../core/model/sink.ts';
import type { SinkContent } from '../../core/model/sink-content.ts';
import type { SinkContext } from './context.ts';
import type { SecretPayload } from './delivery.ts';
import type { ParsedContent } from './parse-content.ts';
import type { FolderResolver } from './safe-path.ts';

/** The acting part of a sink type. Its pure part is a `SinkType` in `src/core/model/sinks`. */
export interface SinkDriver<S extends Sink> {
  /**
   * Throws if the sink can't accept a secret now. Leaves nothing behind.
   * @param registry the host to log in to; empty if no sink needs it
   */
  check(sink: S, registry: string, context: SinkContext): Promise<void>;
  /** Delivers a secret. Repeating a delivery is harmless. Throws `SINK_FAILED`. */
  deliver(sink: S, payload: SecretPayload, context: SinkContext): Promise<void>;
  /** The steps of a delivery, if the spool can keep the content in place of the secret. Sinks that encrypt have them. */
  readonly content?: {
    render(sink: S, payload: SecretPayload): Promise<string>;
    write(sink: S, content: string, context: SinkContext): Promise<void>;
  };
  /** Reads a readable sink again. Never throws because of the file or its content. */
  read?(sink: S, realFolder?: FolderResolver): Promise<ParsedContent | Exclude<SinkContent, object>>;
  /** Returns the credential helper that stores the secret for a host in place of the sink's file, if there is one. */
  helper?(path: string, host: string): Promise<string | undefined>;
  /**
   * The checks whether a secret still is in a place, by the type of the place. They get its key without the type, and the
   * folder that the path in it is relative to. A place without a check is assumed to have it.
   */
  readonly isThere?: Readonly<Record<string, (place: string, from: string) => Promise<boolean>>>;
}
