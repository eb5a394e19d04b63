import type Electron from 'electron';
import { pageHeaders, type Assets } from '../page.ts';

/** The page's own scheme: a standard, secure origin without files, so that nothing of the disk can be named. */
export const scheme = 'app';
export const windowUrl = 'app://window/';

/** True for our page and nothing that looks like it: judged by a parser, part by part. */
export function isOwnPage(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol === `${scheme}:` && url.host === 'window' && url.username === '' && url.password === '' && url.pathname === '/';
}

/** Whether the page may ask for this at all: its own files, by name; everything else is refused before it leaves the process. */
function isOwnFile(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol === `${scheme}:` && url.host === 'window';
}

/** Options of every window: sandbox and isolation on, Node and everything older off. */
export const webPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  // The spell checker would fetch its dictionaries.
  spellcheck: false,
  safeDialogs: true,
} as const satisfies Electron.WebPreferences;

/** Declared before the app is ready, so that the page has an origin of its own. */
export const schemes: Electron.CustomScheme[] = [
  { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: false, codeCache: true } },
];

const notFound = () => new Response(null, { status: 404, headers: pageHeaders });

/** Answers the page from the fixed map of files, with the policy as headers. */
export function answerPage(request: Pick<Request, 'method' | 'url'>, assets: Assets): Response {
  const url = URL.parse(request.url);
  if (request.method !== 'GET' || !url || !isOwnFile(request.url)) return notFound();
  const asset = assets.get(url.pathname);
  if (!asset) return notFound();
  return new Response(asset.body, {
    headers: { ...pageHeaders, 'content-type': asset.type, 'cache-control': asset.kept ? 'public, max-age=31536000, immutable' : 'no-store' },
  });
}

/** No permission is ever granted, neither when asked for nor when looked up; no device, no download, no request but for own files. */
export function lockSession(session: Electron.Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isOwnFile(details.url) && !/^(?:data|blob|devtools):/.test(details.url) }));
}

/** Denies every way out of the page; an address the user clicked is handed to `outside`, which asks. */
export function lockContents(contents: Electron.WebContents, outside: (address: string) => void): void {
  contents.setWindowOpenHandler(({ url }) => {
    outside(url);
    return { action: 'deny' };
  });
  const stay = (event: { preventDefault(): void; readonly url: string }) => {
    if (!isOwnPage(event.url)) event.preventDefault();
  };
  contents.on('will-navigate', stay);
  contents.on('will-redirect', stay);
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isOwnPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** True where a message comes from the top frame of our page in this very window. */
export function isOurFrame(frame: Pick<Electron.WebFrameMain, 'url' | 'parent'> | null, contents: Pick<Electron.WebContents, 'mainFrame'>): boolean {
  return frame !== null && frame === contents.mainFrame && frame.parent === null && isOwnPage(frame.url);
}
