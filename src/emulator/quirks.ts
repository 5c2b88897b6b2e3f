export { defaultHubQuirks, type HubQuirks } from './docker-hub/quirks.ts';
export { defaultQuirks as plainQuirks, type Quirks } from './ionos/quirks.ts';
