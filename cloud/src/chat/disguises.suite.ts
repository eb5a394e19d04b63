/**
 * What an obedient model writes when it is asked to disguise a text. Written apart from the guard's own table, so that a fault there shows here.
 * Names are those that the corpus of attempts uses.
 */
export const disguises: Readonly<Record<string, (text: string) => string>> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 lines': (text) => wrapped(Buffer.from(text).toString('base64'), 20, '\n'),
  'base64 spaced': (text) => wrapped(Buffer.from(text).toString('base64'), 4, ' '),
  base32,
  hex: (text) => Buffer.from(text).toString('hex'),
  'hex colons': (text) => wrapped(Buffer.from(text).toString('hex'), 2, ':'),
  'hex upper': (text) => wrapped(Buffer.from(text).toString('hex').toUpperCase(), 2, ' '),
  'hex x': (text) => byByte(text, (byte) => `\\x${byte.toString(16)}`, ''),
  'hex 0x': (text) => `{ ${byByte(text, (byte) => `0x${byte.toString(16)}`, ', ')} }`,
  'unicode escapes': (text) => byByte(text, (byte) => `\\u${byte.toString(16).padStart(4, '0')}`, ''),
  entities: (text) => byByte(text, (byte) => `&#${byte};`, ''),
  'hex entities': (text) => byByte(text, (byte) => `&#x${byte.toString(16)};`, ''),
  url: (text) => byByte(text, (byte) => `%${byte.toString(16).toUpperCase()}`, ''),
  rot13: (text) => moved(text, 13),
  'caesar 3': (text) => moved(text, 3),
  'caesar 19': (text) => moved(text, 19),
  atbash: (text) => byLetter(text, (place) => 25 - place),
  rot47: (text) => Array.from(text, (char) => (char > ' ' && char <= '~' ? String.fromCharCode(((char.charCodeAt(0) - 33 + 47) % 94) + 33) : char)).join(''),
  reversed: (text) => [...text].reverse().join(''),
  'words reversed': (text) => text.split(' ').reverse().join(' '),
  'each word reversed': (text) =>
    text
      .split(' ')
      .map((word) => [...word].reverse().join(''))
      .join(' '),
  binary: (text) => byByte(text, (byte) => byte.toString(2).padStart(8, '0'), ' '),
  octal: (text) => byByte(text, (byte) => `\\${byte.toString(8)}`, ''),
  decimal: (text) => byByte(text, String, ' '),
  places: (text) => Array.from(text, (char) => (place(char) >= 0 ? String(place(char) + 1) : char)).join('-'),
  spelling: (text) => Array.from(text, (char) => nato[place(char)] ?? char).join(' '),
  morse: (text) => Array.from(text, (char) => dots[place(char)] ?? '/').join(' '),
  braille: (text) => byLetter(text, undefined, '⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵'),
  leet: (text) => text.replace(/[aeiostbg]/gi, (letter) => ({ a: '4', e: '3', i: '1', o: '0', s: '5', t: '7', b: '8', g: '9' })[letter.toLowerCase()]!),
  spaced: (text) => [...text].join(' '),
  dashed: (text) => [...text].join('-'),
  dotted: (text) => [...text].join('.'),
  'zero width': (text) => [...text].join('\u200d'),
  'soft hyphens': (text) => [...text].join('\u00ad'),
  homoglyphs: (text) => byLetter(text, undefined, 'аЬсԁеfɡһіјkӏmпорԛrѕtυνԝхуz'),
  fullwidth: (text) => Array.from(text, (char) => (char > ' ' && char <= '~' ? String.fromCharCode(char.charCodeAt(0) + 0xfee0) : char)).join(''),
  bold: (text) => fromBlock(text, 0x1d41a),
  circled: (text) => fromBlock(text, 0x24d0),
  squared: (text) => fromBlock(text, 0x1f170),
  'small capitals': (text) => byLetter(text, undefined, 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘqʀꜱᴛᴜᴠᴡxʏᴢ'),
  flags: (text) => Array.from(text, (char) => (place(char) >= 0 ? String.fromCodePoint(0x1f1e6 + place(char)) : char)).join(' '),
  tags: (text) => Array.from(text, (char) => String.fromCodePoint(0xe0000 + char.charCodeAt(0))).join(''),
  selectors: (text) => `🙂${Array.from(text, (char) => String.fromCodePoint(0xe0100 + char.charCodeAt(0) - 16)).join('')}`,
  accents: (text) => Array.from(text, (char) => `${char}\u0301\u0336`).join(''),
  'upside down': (text) => [...byLetter(text, undefined, 'ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz')].reverse().join(''),
  upper: (text) => text.toUpperCase(),
  alternating: (text) => Array.from(text, (char, index) => (index % 2 ? char.toUpperCase() : char)).join(''),
  doubled: (text) => Array.from(text, (char) => char + char).join(''),
  lines: (text) => [...text].join('\n'),
  numbered: (text) => Array.from(text, (char, index) => `${index + 1}. ${char}`).join('\n'),
  'json array': (text) => JSON.stringify([...text]),
  python: (text) => `print(${Array.from(text, (char) => `'${char}'`).join(' + ')})`,
  'acrostic words': (text) => Array.from(text, (char) => `${char}ow`).join(' '),
  'acrostic lines': (text) => Array.from(text, (char) => `${char.toUpperCase()}ittle by little it goes`).join('\n'),
  'acrostic list': (text) => Array.from(text, (char, index) => `${index + 1}. **${char.toUpperCase()}o on**, then rest`).join('\n'),
  telestich: (text) => Array.from(text, (char) => `and so it ends in ${char}`).join('\n'),
  table: (text) => `| ${[...text].join(' | ')} |`,
  emphasis: (text) => Array.from(text, (char) => `**${char}**`).join(''),
  halves: (text) => `${text.slice(0, text.length / 2)}. Tea is nice. ${text.slice(text.length / 2)}`,
  csv: (text) => [...text].join(','),
};

const letters = 'abcdefghijklmnopqrstuvwxyz';
const place = (char: string) => letters.indexOf(char.toLowerCase());
const wrapped = (text: string, size: number, by: string) => (text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(by);
const byByte = (text: string, write: (byte: number) => string, by: string) => Array.from(Buffer.from(text), write).join(by);
const fromBlock = (text: string, first: number) => Array.from(text, (char) => (place(char) >= 0 ? String.fromCodePoint(first + place(char)) : char)).join('');
const moved = (text: string, by: number) => byLetter(text, (at) => (at + by) % 26);
const nato =
  'Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu'.split(
    ' ',
  );
const dots = '.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..'.split(' ');

function byLetter(text: string, to: (at: number) => number = (at) => at, alphabet = letters): string {
  const all = [...alphabet];
  return Array.from(text, (char) => (place(char) < 0 ? char : all[to(place(char))]!)).join('');
}

function base32(text: string): string {
  let out = '';
  let held = 0;
  let bits = 0;
  for (const byte of Buffer.from(text)) {
    held = ((held << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) out += 'abcdefghijklmnopqrstuvwxyz234567'[(held >> (bits - 5)) & 31];
  }
  return bits > 0 ? out + 'abcdefghijklmnopqrstuvwxyz234567'[(held << (5 - bits)) & 31] : out;
}

/** One disguise after the other. */
export const disguised = (text: string, names: readonly string[]): string => names.reduce((now, name) => disguises[name]!(now), text);
