import { type Granting, plainGranting } from '../granting.ts';
import { defaultTiming, type Timing } from '../timing.ts';

/** How Docker Hub may differ from what its newer documents lead one to expect. Times in milliseconds. */
export interface HubQuirks extends Timing, Granting {
  /** The largest page, whatever is asked for. */
  readonly pageCap: number;
  /** Whether `next` and `previous` of a list lead to another host. */
  readonly foreignLinks: boolean;
  /** What reads show for the secret: three asterisks as in the newer specification, or nothing. */
  readonly maskedToken: 'asterisks' | 'empty';
  /** What becomes of fields that a PATCH can't change: a 400, or nothing. */
  readonly immutable: 'reject' | 'ignore';
  /** The status of a deletion; older clients take both. */
  readonly deleteStatus: 204 | 202;
  /** Whether the answer to the create of an organization's token says who made it (docker/docs#24406). */
  readonly createdBy: boolean;
  /** Whether an organization's token shows its description by itself, which the specification lacks. */
  readonly description: boolean;
  /**
   * How errors read: `message` and `errinfo`; as in the older specification, `fields` and `text`, or `detail`
   * and `message`; `detail` alone, as rate limits do; or a page of HTML.
   */
  readonly errors: 'newer' | 'older' | 'detail' | 'html';
  /** After how many failed logins in a row an account is locked for ten minutes; 0 for never. */
  readonly lockAfter: number;
}

/** The service as its newer documents describe it. */
export const plainHubQuirks: HubQuirks = {
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
