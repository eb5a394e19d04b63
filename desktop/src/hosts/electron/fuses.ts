/**
 * How the packaged binary is to be set (`@electron/fuses`); the packaging writes them and reads them back. Names are those of `FuseV1Options`.
 */
export const fuses = {
  /** `ELECTRON_RUN_AS_NODE` would make of our signed binary a plain Node for anyone. */
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  /** The page comes from its own scheme; `file:` needs no rights. */
  GrantFileProtocolExtraPrivileges: false,
} as const;
