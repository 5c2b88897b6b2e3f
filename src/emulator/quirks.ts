export { defaultHubQuirks, type HubQuirks } from './docker-hub/quirks.ts';
export { defaultGitlabQuirks, type GitlabQuirks } from './gitlab/quirks.ts';
export { defaultHarborQuirks, type HarborQuirks } from './harbor/quirks.ts';
export { defaultIonosQuirks as plainQuirks, type IonosQuirks } from './ionos/quirks.ts';
