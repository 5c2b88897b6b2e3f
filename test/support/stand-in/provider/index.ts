import type { Service } from '../../../../src/providers/service.ts';
import { access, connectTo } from './client.ts';
import type { StandInVariant } from './fields.ts';
import { kindFor } from './kind.ts';

/** Creates the provider of an installation of the stand-in service. */
export function createStandIn(variant: StandInVariant = {}): Service {
  const kind = kindFor(variant);
  return {
    info: kind.service,
    kinds: [kind],
    load: async () => ({
      access,
      connect: { [kind.kind]: (connection) => connectTo(variant, connection) },
    }),
  };
}

/** The stand-in service. */
export const standIn: Service = createStandIn();
