import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorsTable } from '../../infra/bootstrap/errors-page.ts';

it('docs/errors.md lists exactly the error table', () => {
  expect(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).toContain(errorsTable());
});
