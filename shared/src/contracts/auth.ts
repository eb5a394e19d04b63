import { z } from 'zod';
import { subscription, tierName } from './billing.ts';

/** 8 to 1,024 bytes of UTF-8, no rules on what they are (NIST SP 800-63B §5.1.1.2). */
export const password = z.string().refine((text) => {
  const bytes = new TextEncoder().encode(text).length;
  return bytes >= 8 && bytes <= 1_024;
}, 'must have 8 to 1,024 bytes');

/** Compared and stored in lower case. */
export const email = z
  .email()
  .max(254)
  .transform((address) => address.toLowerCase());

/** 32 random bytes as base64url. */
export const refreshToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 characters of base64url');

export const user = z.object({ id: z.string(), email: z.string(), tier: tierName });
export type User = z.infer<typeof user>;

/** Shown in the list of sessions. */
const deviceName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')
  .optional();
export const registerRequest = z.strictObject({ email, password, deviceName });
export const loginRequest = z.strictObject({ email, password: z.string().max(4_096), deviceName });
/** `nextRefreshTokenHash` = base64url(SHA-256(token as ASCII)): the client names its next token so that a lost answer can be asked for again. */
export const refreshRequest = z.strictObject({ refreshToken, nextRefreshTokenHash: refreshToken.optional() });
export const logoutRequest = z.strictObject({ refreshToken });
export const passwordRequest = z.strictObject({ currentPassword: z.string().max(4_096), newPassword: password });

/** `refreshToken` is null when the client named the next one itself. `expiresIn` in seconds. */
export const tokenReply = z.object({ user, accessToken: z.string(), refreshToken: z.string().nullable(), expiresIn: z.int().positive() });
export type TokenReply = z.infer<typeof tokenReply>;

export const sessionRow = z.object({
  id: z.string(),
  deviceName: z.string().nullable(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  current: z.boolean(),
});
export const sessionList = z.object({ sessions: z.array(sessionRow) });
export const meReply = z.object({ user });
/** The password proves that it is the owner who deletes. */
export const deletionRequest = z.strictObject({ password: z.string().max(4_096) });

const moment = z.iso.datetime();
/** Everything the service knows of an account. Backups are sealed: what is in them it does not know. */
export const accountExport = z.object({
  account: z.object({
    id: z.string(),
    email: z.string(),
    createdAt: moment,
    tier: tierName,
    grantedTier: tierName.nullable(),
    seats: z.int().positive(),
  }),
  sessions: z.array(sessionRow),
  subscription: subscription.extend({ customerId: z.string().nullable(), subscriptionId: z.string().nullable() }).omit({ tier: true }),
  backups: z.object({
    usedBytes: z.int().nonnegative(),
    envelope: z.string().nullable().describe('the sealed keys, as JSON'),
    history: z.array(z.object({ id: z.string(), createdAt: moment, bytes: z.int().nonnegative(), objects: z.int().nonnegative() })),
  }),
});
export type AccountExport = z.infer<typeof accountExport>;
