/** Where a link leads, when it may be opened at all: https, http and mailto only. */
export interface LinkTarget {
  readonly url: string;
  readonly host: string;
  readonly secure: boolean;
}

const allowed: Readonly<Record<string, (url: URL) => string>> = {
  'https:': (url) => url.host,
  'http:': (url) => url.host,
  'mailto:': (url) => url.pathname,
};

export function linkTarget(href: string | undefined): LinkTarget | null {
  if (href === undefined || !URL.canParse(href)) return null;
  const url = new URL(href);
  const host = allowed[url.protocol]?.(url) ?? '';
  return host === '' || url.username !== '' || url.password !== '' ? null : { url: url.href, host, secure: url.protocol !== 'http:' };
}
