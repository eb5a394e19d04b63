import type { TierName } from '@adiuva/shared/contracts/billing.ts';

/** The tier of an account: what an operator granted, else what everyone has while no payments are set up. */
export const tierOf = (account: { readonly grantedTier: TierName | null }, defaultTier: TierName): TierName => account.grantedTier ?? defaultTier;
