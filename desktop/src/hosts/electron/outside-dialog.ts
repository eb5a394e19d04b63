import type Electron from 'electron';
import { AdiuvaError } from '@adiuva/shared/contracts/errors.ts';
import { nameOf, outsideUrl } from '../outside.ts';

type Parts = { readonly dialog: Pick<Electron.Dialog, 'showMessageBox'>; readonly shell: Pick<Electron.Shell, 'openExternal'>; readonly may: () => boolean };

/**
 * Opens an https or mailto address in the system's own program, after the user saw where it leads; anything else, and more than a person would
 * click, is dropped. The button that opens is not the default.
 */
export async function openOutside({ dialog, shell, may }: Parts, address: string): Promise<boolean> {
  if (!may()) return false;
  let url: URL;
  try {
    url = outsideUrl(address);
  } catch (error) {
    if (error instanceof AdiuvaError) return false;
    throw error;
  }
  const { response } = await dialog.showMessageBox({
    type: 'question',
    buttons: ['Stay here', 'Open'],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
    message: `Open ${nameOf(url)} outside Adiuva?`,
    detail: url.href.slice(0, 300),
  });
  if (response !== 1) return false;
  await shell.openExternal(url.href);
  return true;
}
