import type { PaidTier, TierName } from '@adiuva/shared/contracts/billing.ts';

/** What of an account decides on its tier. */
export interface Entitled {
  readonly grantedTier: TierName | null;
  readonly paidTier: PaidTier | null;
  readonly paidUntil: number | null;
}

/** The tier of an account: what an operator granted, else what is paid for, else `otherwise`: what everyone has. */
export function tierOf({ grantedTier, paidTier, paidUntil }: Entitled, now: number, otherwise: TierName): TierName {
  if (grantedTier) return grantedTier;
  return paidTier && (paidUntil === null || paidUntil > now) ? paidTier : otherwise;
}
