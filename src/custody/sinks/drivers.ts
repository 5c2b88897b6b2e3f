import type { Sink } from '../../core/model/sink.ts';
import { commandDriver } from './command.ts';
import { dockerDriver } from './docker.ts';
import { fileDriver } from './file.ts';
import type { SinkDriver } from './sink-driver.ts';

/** The drivers of all sink types. */
export const sinkDrivers: {
  readonly [Type in Sink['type']]: SinkDriver<Extract<Sink, { readonly type: Type }>>;
} = {
  file: fileDriver,
  command: commandDriver,
  docker: dockerDriver,
};

/** Returns the driver that acts for a sink, by the sink's type. */
export function driverOf({ type }: Sink): SinkDriver<Sink> {
  return sinkDrivers[type];
}

/** The checks whether a secret still is in a place, by the type of the place. */
export const isThereByType: ReadonlyMap<string, (place: string, from: string) => Promise<boolean>> = new Map(
  Object.values(sinkDrivers).flatMap(({ isThere = {} }) => Object.entries(isThere)),
);
