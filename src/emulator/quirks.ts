export { type HubQuirks, plainHubQuirks } from './docker-hub/quirks.ts';
export { defaultQuirks as plainQuirks, type Quirks } from './ionos/quirks.ts';
