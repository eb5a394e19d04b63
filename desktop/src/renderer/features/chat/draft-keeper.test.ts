import { describe, expect, it } from 'vitest';
import { DraftKeeper } from './draft-keeper.ts';

/** A vault that holds one draft, which sending takes away. */
function desk() {
  const vault = { draft: '' };
  const keeper = new DraftKeeper(async (text) => void (vault.draft = text));
  const send = async () => {
    vault.draft = '';
    return true;
  };
  return { vault, keeper, send };
}

describe('a draft', () => {
  it('is saved once it is not typed at, and when its field goes away', () => {
    const { vault, keeper } = desk();
    keeper.change('Buy');
    keeper.change('Buy milk');
    keeper.flush();
    keeper.flush();
    expect(vault.draft).toBe('Buy milk');
  });

  it('that is sent before it was saved does not come back when its field goes away', async () => {
    const { vault, keeper, send } = desk();
    keeper.change('Buy milk');
    const sent = keeper.send('Buy milk', send);
    keeper.flush();
    expect(await sent).toBe('');
    keeper.flush();
    expect(vault.draft).toBe('');
  });

  it('that is being saved is saved before it is sent', async () => {
    const order: string[] = [];
    const keeper = new DraftKeeper(async () => {
      await Promise.resolve();
      order.push('saved');
    });
    keeper.change('Buy milk');
    keeper.flush();
    await keeper.send('Buy milk', async () => order.push('sent') > 0);
    expect(order).toEqual(['saved', 'sent']);
  });

  const failures: [string, () => Promise<boolean>][] = [
    ['refused', async () => false],
    ['broken', () => Promise.reject(new Error('lost'))],
  ];
  it.each(failures)('whose sending is %s is kept', async (_how, send) => {
    const { vault, keeper } = desk();
    keeper.change('Buy milk');
    expect(await keeper.send('Buy milk', send)).toBeNull();
    expect(vault.draft).toBe('Buy milk');
  });

  it('keeps what is typed while the text before it goes out', async () => {
    const { vault, keeper, send } = desk();
    const sent = keeper.send('Buy milk', send);
    keeper.change('Buy milk and bread');
    expect(await sent).toBe(' and bread');
    expect(vault.draft).toBe(' and bread');
  });
});
