export { defaultHubQuirks, type HubQuirks } from './docker-hub/quirks.ts';
export { defaultGitlabQuirks, type GitlabQuirks } from './gitlab/quirks.ts';
export { defaultHarborQuirks, type HarborQuirks } from './harbor/quirks.ts';
export { defaultQuirks as plainQuirks, type Quirks } from './ionos/quirks.ts';
