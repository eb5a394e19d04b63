import { z } from 'zod';

/** Permission kinds a plugin may ask for: what the dialog says, and whether a grant names a resource. */
export const permissionKinds = {
  'mail.read': { says: 'Read the headers of your mail', resource: 'account' },
  'calendar.read': { says: 'Read your calendars', resource: 'account' },
  'files.read': { says: 'Read files in one folder', resource: 'folder' },
  'browser.history.read': { says: 'Read your browser history', resource: 'profile' },
  'records.propose': { says: 'Propose changes for you to approve', resource: 'none' },
  'notifications.send': { says: 'Show notifications', resource: 'none' },
} as const;

export type PermissionKind = keyof typeof permissionKinds;
export const permissionKind = z.enum(Object.keys(permissionKinds) as [PermissionKind, ...PermissionKind[]]);

export const pluginId = z.string().regex(/^[a-z][a-z0-9-]{1,40}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex');

export const pluginManifest = z.strictObject({
  manifestVersion: z.literal(1),
  id: pluginId,
  name: z.string().trim().min(1).max(80),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string().max(500),
  codeHash: sha256,
  permissions: z.array(z.strictObject({ kind: permissionKind, why: z.string().trim().min(1).max(200) })).max(20),
  schedule: z.strictObject({ everyMinutes: z.int().min(1).max(10_080) }).nullable(),
});
export type PluginManifest = z.infer<typeof pluginManifest>;

/** A grant holds for one plugin, one code, one permission, one resource; absent means denied. */
export const pluginGrant = z.strictObject({
  pluginId,
  codeHash: sha256,
  kind: permissionKind,
  resource: z.string().max(4_096).nullable(),
  grantedAt: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }).nullable(),
});
export type PluginGrant = z.infer<typeof pluginGrant>;
