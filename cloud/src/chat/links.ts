import type { ChatContext, Provenance } from '@adiuva/shared/contracts/chat.ts';

/**
 * Which addresses may be named in a turn with texts of strangers. A stranger who makes a model write a link can have it carry what the model knows; one
 * click would send it. An address that stands in the request as it is carries nothing. Any other must lead to a host that no stranger names, and hold no
 * query, fragment, user name or long path.
 */
export interface LinkRule {
  /** Whether every address in a text may be named. */
  allows(text: string): boolean;
  /** Watches a text that arrives in pieces; what may become an address waits for its end. The output does not depend on where the pieces are cut. */
  guard(): LinkGuard;
}

export interface LinkGuard {
  push(text: string): string;
  end(): string;
  /** How many addresses were withheld. */
  readonly caught: number;
}

export const withheldLink = '[link withheld]';

/** What a path and a host may hold before they are taken for a letter box. */
const longest = { path: 48, host: 48, address: 4_096 } as const;

/** Where an address begins: a scheme, a bare host name, or the destination of a Markdown link, in which entities and backslashes hide what it is. */
const beginnings = ['http:', 'https:', 'mailto:', 'www.', '](', ']:'] as const;
const beginning = /https?:|mailto:|www\.|\]\(|\]:/i;
const longestBeginning = Math.max(...beginnings.map(({ length }) => length));
const ending = /[\s<>"`]/;

export function linkRule(message: string, context: ChatContext): LinkRule {
  let known: Known | undefined;
  const mayName = (address: string) => isKnown(address, (known ??= knownOf(message, context))) || isPlain(address, known.named);
  const guard = () => new StreamLinks(mayName);
  const allows = (text: string) => {
    const one = guard();
    one.push(text);
    one.end();
    return one.caught === 0;
  };
  return { guard, allows };
}

/** What the request says: all its texts, and the hosts that strangers name. Made when the first address comes, because most answers have none. */
interface Known {
  readonly texts: string;
  readonly named: ReadonlySet<string>;
}

function knownOf(message: string, context: ChatContext): Known {
  const said = (by: 'user' | 'assistant') => context.conversationHistory.flatMap(({ role, content }) => (role === by ? [content] : []));
  // An earlier answer may say again what a stranger wrote.
  const strangers = [...textsBy(context, 'untrusted'), ...said('assistant')];
  const own = [message, ...said('user'), ...stringsIn(context.metrics), ...textsBy(context, 'user')];
  return {
    texts: [...own, ...strangers].join('\n'),
    named: new Set(strangers.flatMap((text) => Array.from(text.toLowerCase().matchAll(hostName), ([host]) => host))),
  };
}

/** Chinese and Japanese put no space behind an address. */
const unspaced = /^([!-~]+)[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef][^!-~]*$/;

function isKnown(address: string, { texts }: Known): boolean {
  const said = unspaced.exec(address)?.[1] ?? address;
  return texts.includes(said.replace(/^mailto:/i, ''));
}

const hostName = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

function isPlain(address: string, named: ReadonlySet<string>): boolean {
  if (/&(?:#|[a-z]+;)|\\/i.test(address)) return false;
  const whole = /^www\./i.test(address) ? `https://${address}` : address;
  // A destination without a scheme leads nowhere: only addresses with one may be opened.
  if (!URL.canParse(whole)) return !/^(?:https?|mailto):/i.test(whole);
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(whole);
  if (!/^(?:https?|mailto):$/.test(protocol)) return true;
  const host = protocol === 'mailto:' ? pathname.slice(pathname.lastIndexOf('@') + 1).toLowerCase() : hostname;
  const carries = search + hash + username + password !== '' || pathname.length > longest.path || host.length > longest.host;
  return !carries && !host.split('.').some((_label, at, labels) => named.has(labels.slice(at).join('.')));
}

const stringsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];

const itemsOf = ({ relevantDocuments, recentTasks, upcomingEvents, emailMetadata }: ChatContext) => [
  ...relevantDocuments.map(({ provenance, title, excerpt }) => ({ provenance, texts: [title, excerpt] })),
  ...[...recentTasks, ...upcomingEvents, ...emailMetadata].map(({ provenance, fields }) => ({ provenance, texts: stringsIn(fields) })),
];
const textsBy = (context: ChatContext, by: Provenance) => itemsOf(context).flatMap(({ provenance, texts }) => (provenance === by ? texts : []));

class StreamLinks implements LinkGuard {
  readonly #mayName: (address: string) => boolean;
  /** The end of the text so far, from where an address may begin or has begun. */
  #waiting = '';
  caught = 0;

  constructor(mayName: (address: string) => boolean) {
    this.#mayName = mayName;
  }

  push(text: string): string {
    const whole = this.#waiting + text;
    this.#waiting = '';
    let out = '';
    let at = 0;
    for (;;) {
      const rest = whole.slice(at);
      const begins = beginning.exec(rest);
      if (!begins) {
        const safe = rest.length - mayBegin(rest);
        this.#waiting = rest.slice(safe);
        return out + rest.slice(0, safe);
      }
      out += rest.slice(0, begins.index);
      const length = addressLength(rest.slice(begins.index), begins[0]);
      if (length === undefined) {
        this.#waiting = rest.slice(begins.index);
        return out;
      }
      out += this.#judge(rest.slice(begins.index, begins.index + length));
      at += begins.index + length;
    }
  }

  end(): string {
    const rest = this.#waiting;
    this.#waiting = '';
    return beginning.test(rest) ? this.#judge(rest) : rest;
  }

  /** An address, with what stands before it in a link and behind it in a sentence. */
  #judge(text: string): string {
    const before = /^\][(:]\s*<?/.exec(text)?.[0] ?? '';
    const address = text.slice(before.length).replace(/[)\].,;:!?'*_~|}]+$/, '');
    const behind = text.slice(before.length + address.length);
    if (address === '' || this.#mayName(address)) return text;
    this.caught++;
    return before + withheldLink + behind;
  }
}

/** How much of the end of a text may be the beginning of an address. */
function mayBegin(text: string): number {
  const lower = text.slice(-longestBeginning).toLowerCase();
  for (let length = Math.min(lower.length, longestBeginning - 1); length > 0; length--)
    if (beginnings.some((begin) => begin.startsWith(lower.slice(-length)))) return length;
  return 0;
}

/** Characters of the address a text begins with, `begins` being how; undefined while its end is not there. */
function addressLength(text: string, begins: string): number | undefined {
  // In a link the destination may stand behind a space or an opening bracket of its own.
  const open = begins.startsWith(']') ? begins.length + /^\s*<?/.exec(text.slice(begins.length))![0].length : begins.length;
  const end = text.slice(open, longest.address).search(ending);
  if (end >= 0) return open + end;
  return text.length >= longest.address ? longest.address : undefined;
}
