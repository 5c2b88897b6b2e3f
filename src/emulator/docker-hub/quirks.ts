import { type Granting, plainGranting } from '../granting.ts';
import { defaultTiming, type Timing } from '../timing.ts';

/** Differences of Docker Hub from its newer documents. Times in milliseconds. */
export interface HubQuirks extends Timing, Granting {
  /** Maximum size of a page, whatever size is requested. */
  readonly pageCap: number;
  /** True if `next` and `previous` of a list lead to another host. */
  readonly foreignLinks: boolean;
  /** The secret as reads show it: three asterisks as in the newer specification, or empty. */
  readonly maskedToken: 'asterisks' | 'empty';
  /** Result of a PATCH of immutable fields: a 400, or no change. */
  readonly immutable: 'reject' | 'ignore';
  /** The status of a deletion; older clients accept both. */
  readonly deleteStatus: 204 | 202;
  /** True if the response to the create of an organization's token names its creator (docker/docs#24406). */
  readonly createdBy: boolean;
  /** True if a single read of an organization's token shows its description, which the specification lacks. */
  readonly description: boolean;
  /**
   * Form of errors: `message` and `errinfo`; as in the older specification, `fields` and `text`, or `detail` and
   * `message`; `detail` alone, like rate limits; or a page of HTML.
   */
  readonly errors: 'newer' | 'older' | 'detail' | 'html';
  /** Number of failed logins in a row after which an account is locked for ten minutes; 0 for never. */
  readonly lockAfter: number;
}

/** The service as its newer documents describe it. */
export const defaultHubQuirks: HubQuirks = {
  ...defaultTiming,
  ...plainGranting,
  pageCap: 100,
  foreignLinks: false,
  maskedToken: 'asterisks',
  immutable: 'reject',
  deleteStatus: 204,
  createdBy: false,
  description: true,
  errors: 'newer',
  lockAfter: 0,
};
