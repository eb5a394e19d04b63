import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';
import { version } from './node-host.ts';
import { nameOf, outsideUrl } from './outside.ts';

const read = (env: Record<string, string>) => readEnvironment({ platform: 'linux', env, userFolder: '/u' });

describe('the environment', () => {
  it('has defaults, and an empty variable is none', () => {
    expect(read({ LOG_LEVEL: '', ADIUVA_HOME: '' })).toEqual({
      dataDir: '/u/.local/share/adiuva',
      cloudUrl: 'http://127.0.0.1:8787',
      clientPort: 8788,
      logLevel: 'warn',
    });
    expect(read({ ADIUVA_HOME: '/a/../b', ADIUVA_CLOUD_URL: 'https://c.example/', ADIUVA_CLIENT_PORT: '0', LOG_LEVEL: 'debug' })).toEqual({
      dataDir: '/b',
      cloudUrl: 'https://c.example',
      clientPort: 0,
      logLevel: 'debug',
    });
  });

  it('reports every fault at once by name and never by value', () => {
    const fault = (() => {
      try {
        read({ ADIUVA_CLOUD_URL: 'http://hunter2:hunter2@c', ADIUVA_CLIENT_PORT: '70000', LOG_LEVEL: 'hunter2' });
      } catch (error) {
        return error as { code: string; detail: string };
      }
      throw new Error('accepted');
    })();
    expect(fault.code).toBe('config.invalid');
    for (const name of ['ADIUVA_CLOUD_URL', 'ADIUVA_CLIENT_PORT', 'LOG_LEVEL']) expect(fault.detail).toContain(name);
    expect(fault.detail).not.toMatch(/hunter|70000/);
  });

  it.each(['-1', '1e3', '65536', '80 ', '0x50', 'auto'])('refuses the port %s', (port) => {
    expect(() => read({ ADIUVA_CLIENT_PORT: port })).toThrow();
  });
});

describe('what is opened outside', () => {
  it.each([
    ['https://example.org/a?b#c', 'example.org'],
    ['HTTPS://EXAMPLE.org:8443', 'example.org:8443'],
    ['mailto:a@example.org', 'mailto:a@example.org'],
    ['https://xn--80ak6aa92e.com', 'xn--80ak6aa92e.com'],
  ])('%s', (address, shown) => {
    expect(nameOf(outsideUrl(address))).toBe(shown);
  });
  it.each([
    'http://example.org',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'smb://host/share',
    'ms-msdt:/id',
    'https://',
    'https://user:pass@example.org',
    '',
    ' ',
    '-a',
    '//example.org',
    'app://window/',
  ])('not %s', (address) => {
    expect(() => outsideUrl(address)).toThrow(expect.objectContaining({ code: 'permission.denied' }));
  });
});

it('the version is the one of the package', () => {
  expect(version).toBe(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
});
