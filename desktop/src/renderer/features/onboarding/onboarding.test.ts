import { describe, expect, it } from 'vitest';
import { seededRandom } from '@adiuva/shared/kit/ids.ts';
import { tokenIn } from '../../connect.ts';
import { hashOf, parseRoute } from '../shell/route.ts';
import { strengthOf } from './strength.ts';
import { threePlaces } from './three-words.ts';

describe('the strength of a passphrase', () => {
  it.each([
    ['', 0],
    ['1234567', 0],
    ['aaaaaaaaaaaa', 1],
    ['password1', 1],
    ['blueTrain7', 2],
    ['correct horse battery staple', 4],
  ])('%s', (passphrase, level) => expect(strengthOf(passphrase).level).toBe(level));
});

describe('the three asked words', () => {
  it('are three different places of twelve, in order, each asked for at times', () => {
    const random = seededRandom(7);
    const rounds = Array.from({ length: 300 }, () => threePlaces(random));
    expect(
      rounds.every(
        (places) => new Set(places).size === 3 && places.every((place, at) => place >= 0 && place < 12 && (at === 0 || place > (places[at - 1] ?? 12))),
      ),
    ).toBe(true);
    expect(new Set(rounds.flat()).size).toBe(12);
  });
});

describe('addresses', () => {
  it('tell a launch token from a place', () =>
    expect([tokenIn('#wTvX9AaNBKooigNCRJ3KX8KnIsI8uPyvl0wGCHxxIzM'), tokenIn('#/tasks'), tokenIn('')]).toEqual([
      'wTvX9AaNBKooigNCRJ3KX8KnIsI8uPyvl0wGCHxxIzM',
      null,
      null,
    ]));
  it('round-trip', () => expect(parseRoute(hashOf('notes', 'id-1'))).toEqual({ screen: 'notes', id: 'id-1' }));
  it('that are unknown or forged lead to the first screen, without an id', () => {
    expect(['#/nowhere/x', '', '#/chat/<b>', '#/constructor'].map(parseRoute)).toEqual([
      { screen: 'today', id: null },
      { screen: 'today', id: null },
      { screen: 'chat', id: null },
      { screen: 'today', id: null },
    ]);
  });
});
