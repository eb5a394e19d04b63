/**
 * BLAKE2b (RFC 7693) and Argon2id (RFC 9106) in plain JavaScript, for a Node that does not bring its own (before 24.7). 64 MiB in three passes take a few seconds.
 */

// A word of 64 bits is a pair of 32, low half first. `high` is the upper half of what the last sum or product gave.
let high = 0;

function product(a, b) {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = Math.imul(al, bl);
  const one = (Math.imul(ah, bl) + (low >>> 16)) | 0;
  const two = (Math.imul(al, bh) + (one & 0xffff)) | 0;
  high = (Math.imul(ah, bh) + (one >>> 16) + (two >>> 16)) | 0;
  return (two << 16) | (low & 0xffff);
}

function sum(al, ah, bl, bh, cl, ch) {
  const low = (al >>> 0) + (bl >>> 0) + (cl >>> 0);
  high = (ah + bh + ch + Math.floor(low / 0x1_0000_0000)) | 0;
  return low | 0;
}

/** v[i] = (v[i] xor v[j]) turned right by n bits. */
function turned(v, i, j, n) {
  const [a, b] = [v[i] ^ v[j], v[i + 1] ^ v[j + 1]];
  const [low, up, k] = n < 32 ? [a, b, n] : [b, a, n - 32];
  v[i] = k === 0 ? low : (low >>> k) | (up << (32 - k));
  v[i + 1] = k === 0 ? up : (up >>> k) | (low << (32 - k));
}

/** v[a] = v[a] + v[b] + x */
function added(v, a, b, xl, xh) {
  v[a] = sum(v[a], v[a + 1], v[b], v[b + 1], xl, xh);
  v[a + 1] = high;
}

/** v[a] = v[a] + v[b] + 2 · low half of v[a] · low half of v[b] */
function multiplied(v, a, b) {
  const low = product(v[a], v[b]);
  added(v, a, b, low << 1, (high << 1) | (low >>> 31));
}

// Columns, then diagonals, of 4 × 4 words.
const quarters = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14];

const blakeStart = [
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a, 0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b,
  0x1f83d9ab, 0x137e2179, 0x5be0cd19,
];
const blakeOrder = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
  '0123456789abcdef',
  'ea489fd61c02b753',
].map((round) => [...round].map((digit) => Number.parseInt(digit, 16)));

function blakeBlock(state, block, count, last) {
  const v = Int32Array.from([...state, ...blakeStart]);
  v[24] ^= count;
  if (last) [v[28], v[29]] = [~v[28], ~v[29]];
  const m = Int32Array.from({ length: 32 }, (_, i) => block.readInt32LE(4 * i));
  for (const order of blakeOrder) {
    for (let q = 0; q < 8; q++) {
      const [a, b, c, d] = quarters.slice(4 * q, 4 * q + 4).map((word) => 2 * word);
      const [x, y] = [2 * order[2 * q], 2 * order[2 * q + 1]];
      added(v, a, b, m[x], m[x + 1]);
      turned(v, d, a, 32);
      added(v, c, d, 0, 0);
      turned(v, b, c, 24);
      added(v, a, b, m[y], m[y + 1]);
      turned(v, d, a, 16);
      added(v, c, d, 0, 0);
      turned(v, b, c, 63);
    }
  }
  for (let i = 0; i < 16; i++) state[i] ^= v[i] ^ v[i + 16];
}

/** BLAKE2b without a key; input below 4 GiB. */
export function blake2b(length, ...parts) {
  const input = Buffer.concat(parts);
  const state = Int32Array.from(blakeStart);
  state[0] ^= 0x0101_0000 ^ length;
  const blocks = Math.max(1, Math.ceil(input.length / 128));
  for (let i = 0; i < blocks; i++) {
    const last = i === blocks - 1;
    const block = Buffer.concat([input.subarray(128 * i, 128 * (i + 1)), Buffer.alloc(128)], 128);
    blakeBlock(state, block, last ? input.length : 128 * (i + 1), last);
  }
  const output = Buffer.alloc(64);
  state.forEach((word, i) => output.writeInt32LE(word, 4 * i));
  return output.subarray(0, length);
}

const le32 = (number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(number);
  return data;
};

/** The hash of variable length, H′. */
function longHash(length, ...parts) {
  if (length <= 64) return blake2b(length, le32(length), ...parts);
  const pieces = [];
  let left = length;
  for (let piece = blake2b(64, le32(length), ...parts); ; piece = blake2b(Math.min(64, left), piece)) {
    if (left <= 64) return Buffer.concat([...pieces, piece]);
    pieces.push(piece.subarray(0, 32));
    left -= 32;
  }
}

// The word pairs that the permutation P mixes: 8 rows, then 8 columns, of a block of 8 × 8 registers of two words.
const word = (group, k) => (group < 8 ? 16 * group + k : 2 * (group - 8) + 16 * (k >> 1) + (k & 1));
const argonQuarters = Int32Array.from({ length: 512 }, (_, i) => 2 * word(i >> 5, quarters[i & 31]));
const mixed = new Int32Array(256);

/** The compression function G: out[o] = (keep ? out[o] : 0) xor G(x[i], y[j]), all of 256 halves. */
function compress(out, o, x, i, y, j, keep) {
  for (let k = 0; k < 256; k++) mixed[k] = x[i + k] ^ y[j + k];
  for (let k = 0; k < 256; k++) out[o + k] = (keep ? out[o + k] : 0) ^ mixed[k];
  for (let q = 0; q < 512; q += 4) {
    const [a, b, c, d] = [argonQuarters[q], argonQuarters[q + 1], argonQuarters[q + 2], argonQuarters[q + 3]];
    multiplied(mixed, a, b);
    turned(mixed, d, a, 32);
    multiplied(mixed, c, d);
    turned(mixed, b, c, 24);
    multiplied(mixed, a, b);
    turned(mixed, d, a, 16);
    multiplied(mixed, c, d);
    turned(mixed, b, c, 63);
  }
  for (let k = 0; k < 256; k++) out[o + k] ^= mixed[k];
}

/** Version 1.3. Memory is in KiB; secret and data are only there for the test vectors. */
export function argon2id({ password, salt, timeCost, memoryKiB, parallelism, length = 32, secret = Buffer.alloc(0), data = Buffer.alloc(0) }) {
  const numbers = [parallelism, length, memoryKiB, timeCost, 0x13, 2].map(le32);
  const first = blake2b(64, ...numbers, ...[password, salt, secret, data].flatMap((part) => [le32(part.length), part]));
  const segment = Math.floor(memoryKiB / (4 * parallelism));
  const lane = 4 * segment;
  const memory = new Int32Array(256 * lane * parallelism);
  for (let l = 0; l < parallelism; l++) {
    for (const column of [0, 1]) {
      const block = longHash(1024, first, le32(column), le32(l));
      for (let k = 0; k < 256; k++) memory[256 * (l * lane + column) + k] = block.readInt32LE(4 * k);
    }
  }
  for (let step = 0; step < timeCost * 4 * parallelism; step++) {
    const [pass, slice, l] = [Math.floor(step / (4 * parallelism)), Math.floor(step / parallelism) % 4, step % parallelism];
    fillSegment({ memory, segment, lane, parallelism, timeCost }, pass, slice, l);
  }
  const last = Buffer.alloc(1024);
  for (let k = 0; k < 256; k++) {
    let value = 0;
    for (let l = 0; l < parallelism; l++) value ^= memory[256 * (l * lane + lane - 1) + k];
    last.writeInt32LE(value, 4 * k);
  }
  return longHash(length, last);
}

function fillSegment({ memory, segment, lane, parallelism, timeCost }, pass, slice, l) {
  const fixed = pass === 0 && slice < 2;
  const [zero, input, addresses] = [new Int32Array(256), new Int32Array(256), new Int32Array(256)];
  [pass, l, slice, lane * parallelism, timeCost, 2].forEach((value, i) => (input[2 * i] = value));
  for (let index = 0; index < segment; index++) {
    if (fixed && index % 128 === 0) {
      input[12]++;
      compress(addresses, 0, zero, 0, input, 0, false);
      compress(addresses, 0, zero, 0, addresses, 0, false);
    }
    if (pass === 0 && slice === 0 && index < 2) continue;
    const column = slice * segment + index;
    const before = 256 * (l * lane + ((column + lane - 1) % lane));
    const [j1, j2] = fixed ? [addresses[2 * (index % 128)], addresses[2 * (index % 128) + 1]] : [memory[before], memory[before + 1]];
    const other = pass === 0 && slice === 0 ? l : (j2 >>> 0) % parallelism;
    const finished = pass === 0 ? slice * segment : lane - segment;
    const window = finished + (other === l ? index - 1 : index === 0 ? -1 : 0);
    product(j1, j1);
    product(high, window);
    const start = pass === 0 ? 0 : ((slice + 1) % 4) * segment;
    const from = (start + window - 1 - (high >>> 0)) % lane;
    compress(memory, 256 * (l * lane + column), memory, before, memory, 256 * (other * lane + from), pass > 0);
  }
}
