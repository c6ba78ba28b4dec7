import { PromoterError } from '../errors.ts';

const NAME = /^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/;

/** Whether something in a plan store can be called that; see {@link PlanStore}. */
export function isStoreName(text: string): boolean {
  return NAME.test(text);
}

/** @throws PromoterError `RequestInvalid` */
export function checkStoreName(text: string): void {
  if (!isStoreName(text)) throw new PromoterError('RequestInvalid', `'${text}' cannot name anything in the plan store`);
}
