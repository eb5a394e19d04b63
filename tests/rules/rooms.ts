import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** A row of the room table in ARCHITECTURE.md. */
export interface Room {
  name: string;
  doors: string[];
  rooms: string[];
  packages: string[];
}

const cells = (text: string) => [...text.matchAll(/`([^`]+)`|(\*)/g)].map((m) => m[1] ?? m[2]!);

export function readRooms(page = readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8')): Room[] {
  const rows = [...page.matchAll(/^\| `([^`]+)` \|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)];
  return rows.map(([, name, doors, rooms, packages]) => ({
    name: name!,
    doors: cells(doors!),
    rooms: [...cells(rooms!), 'shared/contracts', 'shared/kit'],
    packages: cells(packages!),
  }));
}

/** Product sources, relative to the root; tests may import what they need. */
export const sources = () =>
  globSync('{shared,cloud,desktop}/src/**/*.{ts,tsx}', { cwd: root })
    .filter((file) => !/\.(test|suite)\.tsx?$|\.d\.ts$|\/training\//.test(file))
    .sort();

/** `cloud/src/chat/runs.ts` → `cloud/chat/runs.ts`: the path without the `src` that every package has. */
const place = (file: string) => file.replace('/src/', '/');

export const roomOf = (rooms: readonly Room[], file: string) =>
  rooms.filter((room) => place(file).startsWith(`${room.name}/`)).toSorted((a, b) => b.name.length - a.name.length)[0];

const importPattern =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\brequire(?:\.resolve)?\(\s*['"]([^'"]+)['"]\s*\)/gm;

export const importsOf = (code: string) => [...code.matchAll(importPattern)].map((m) => m[1] ?? m[2] ?? m[3] ?? m[4]!);

/** What is wrong with one import of one file, or undefined. */
export function fault(rooms: readonly Room[], file: string, specifier: string): string | undefined {
  const room = roomOf(rooms, file);
  if (!room) return 'stands in no room';
  const target = specifier.startsWith('@adiuva/')
    ? specifier.slice('@adiuva/'.length)
    : specifier.startsWith('.')
      ? place(path.posix.join(path.posix.dirname(file), specifier))
      : undefined;
  if (target === undefined) return packageFault(room, specifier);
  const other = roomOf(rooms, target);
  if (!other) return `"${specifier}" stands in no room`;
  if (other === room) return undefined;
  if (!room.rooms.includes(other.name)) return `${room.name} may not import ${other.name}`;
  const door = target.slice(other.name.length + 1).replace(/\.tsx?$/, '');
  return other.doors.includes('*') || other.doors.includes(door) ? undefined : `"${door}" is no door of ${other.name}`;
}

function packageFault(room: Room, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return room.packages.includes('node') ? undefined : `${room.name} may not use Node`;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return room.packages.includes(name) ? undefined : `${name} is not placed in ${room.name}`;
}

/** Every broken rule of the tree, as `file: what`. */
export function brokenRules(rooms: readonly Room[], files: readonly { file: string; code: string }[]): string[] {
  return files.flatMap(({ file, code }) =>
    importsOf(code).flatMap((specifier) => {
      const what = fault(rooms, file, specifier);
      return what ? [`${file}: ${what}`] : [];
    }),
  );
}
