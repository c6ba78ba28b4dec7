import { PromoterError } from '../errors.ts';

/**
 * How many attachments of one digest are read into memory, and how many bytes. Whoever may push to a staging repository
 * may attach as much as they like to an image.
 */
export interface AttachmentAllowance {
  /**
   * Makes room for one more.
   *
   * @throws PromoterError `SignatureInvalid` when there is none left
   */
  take(size: number): void;
}

export interface AllowanceLimits {
  readonly attachments: number;
  /** Of all of them together. */
  readonly bytes: number;
}

/** cosign stops at 1,000 signatures, too; the largest attestations, bills of materials, have some megabytes. */
const LIMITS: AllowanceLimits = { attachments: 1000, bytes: 256 * 1024 * 1024 };

/** Creates the allowance of one digest, of which nothing has been taken. */
export function createAllowance({ attachments, bytes }: AllowanceLimits = LIMITS): AttachmentAllowance {
  let count = 0;
  let taken = 0;
  return {
    take(size) {
      if (count + 1 > attachments || taken + size > bytes) {
        const most = `${attachments} attachments or ${bytes} bytes`;
        throw new PromoterError('SignatureInvalid', `it was not read: its image has more than ${most} attached to it`);
      }
      count += 1;
      taken += size;
    },
  };
}
