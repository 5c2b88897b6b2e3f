export { type HubQuirks, plainHubQuirks } from './docker-hub/quirks.ts';
export { plainQuirks, type Quirks } from './ionos/quirks.ts';
