/** What {@link defaultHome} looks at: the platform as Node names it, the environment, the user's own folder. */
export interface Surroundings {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userFolder: string;
}

/** Where everything local lives without `ADIUVA_HOME`: the platform's folder for data of programs (XDG base directories on Linux). */
export function defaultHome({ platform, env, userFolder }: Surroundings): string {
  if (platform === 'darwin') return `${userFolder}/Library/Application Support/Adiuva`;
  if (platform === 'win32') return `${env['LOCALAPPDATA'] || `${userFolder}\\AppData\\Local`}\\Adiuva`;
  return `${env['XDG_DATA_HOME'] || `${userFolder}/.local/share`}/adiuva`;
}
