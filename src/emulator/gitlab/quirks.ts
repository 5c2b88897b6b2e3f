import { defaultTiming, type Timing } from '../timing.ts';
import type { GitlabVersion, ReuseResponse } from './versions.ts';

/** The release of GitLab, its settings, and its deviations. Times in milliseconds. */
export interface GitlabQuirks extends Timing {
  /** The release, which decides all differences between releases. */
  readonly version: GitlabVersion;
  /** False if an administrator or the plan forbids to create access tokens. */
  readonly accessTokensAllowed: boolean;
  /** False if access tokens may never expire. Only releases from 17.3 on have this setting. */
  readonly expiryRequired: boolean;
  /** Maximum lifetime of an access token, and that of one without an expiry if an expiry is required, in days. */
  readonly maxLifetimeDays: number;
  /** Number of days for which dead access tokens stay listed, if the release lists them. 0 for no end. */
  readonly retentionDays: number;
  /** The beginning of access tokens. */
  readonly tokenPrefix: string;
  /** The prefix that the instance puts before `gldt-`, if any. */
  readonly deployTokenPrefix: string;
  /** The response to the deletion of an access token that is revoked already. */
  readonly revokedDelete: 'no_content' | 'not_found';
  /** The response to the use of a revoked access token for a rotation; `release` for that of the release. */
  readonly reuse: ReuseResponse | 'release';
  /** False if the instance has no container registry. */
  readonly registry: boolean;
  /** The host of image names, with its port; `same` for that of the request, and `absent` for projects without one. */
  readonly registryHost: string;
  /** False if all lists leave out their total, not only those of more than ten thousand items. */
  readonly totals: boolean;
  /** False if lists leave out the number of the next page. */
  readonly nextPage: boolean;
  /** Number of list responses whose total is one too high. */
  readonly movingTotals: number;
  /** The origin of the URLs in `Link`; `same` for that of the request. */
  readonly linkOrigin: string;
  /** False if responses don't tell how much of a rate limit is left. */
  readonly rateLimitHeaders: boolean;
  /** Failed logins from an address within 3 minutes that block it for an hour. 0 for no limit. */
  readonly maxLoginFailures: number;
  /** Source of errors before the effect: GitLab, with a 500 and JSON; or a proxy, with a 502 and HTML. */
  readonly errors: 'gitlab' | 'proxy';
}

/** A recent release with its default settings. */
export const defaultGitlabQuirks: GitlabQuirks = {
  ...defaultTiming,
  version: '18.3',
  accessTokensAllowed: true,
  expiryRequired: true,
  maxLifetimeDays: 365,
  retentionDays: 30,
  tokenPrefix: 'glpat-',
  deployTokenPrefix: '',
  revokedDelete: 'no_content',
  reuse: 'release',
  registry: true,
  registryHost: 'same',
  totals: true,
  nextPage: true,
  movingTotals: 0,
  linkOrigin: 'same',
  rateLimitHeaders: true,
  maxLoginFailures: 30,
  errors: 'gitlab',
};
