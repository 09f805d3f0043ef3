import { AdminError } from './admin-route.js';
import { stateRoute } from './state-route.js';
import type { StateSection } from './state-section.js';

interface Cell {
  readonly id: number;
  readonly provider: string;
  readonly open: boolean;
}

describe('GET /state', () => {
  let cells: Cell[];
  let shown: number;
  let pauses: number;

  beforeEach(() => {
    [shown, pauses] = [0, 0];
    cells = Array.from({ length: 100_000 }, (_, id) => ({
      id,
      provider: `default/p${id % 10}`,
      open: id === 99_999 || id === 50_003,
    }));
  });

  const section: StateSection<Cell> = {
    name: 'cells',
    entries: () => cells,
    providerOf: ({ provider }) => provider,
    isNotable: ({ open }) => open,
    show: ({ id }) => {
      shown += 1;
      return { id };
    },
  };
  async function state(query = ''): Promise<{ plane: string; cells: { total: number; items: { id: number }[] } }> {
    const route = stateRoute({
      head: () => ({ plane: 'vm' }),
      sections: [section as StateSection],
      pause: () => {
        pauses += 1;
        return Promise.resolve();
      },
    });
    const { body } = await route.handle({ query: new URLSearchParams(query), body: Buffer.alloc(0) });
    return JSON.parse(body) as never;
  }

  it('shows what holds somebody up first, a hundred of each, and how many there are', async () => {
    const { plane, cells: answer } = await state();
    expect([plane, answer.total, answer.items.length]).toEqual(['vm', 100_000, 100]);
    expect(answer.items.slice(0, 3).map(({ id }) => id)).toEqual([50_003, 99_999, 0]);
  });

  it('looks at a thousand between two turns of the event loop, and makes what it shows alone', async () => {
    await state('limit=7');
    expect([pauses, shown]).toEqual([100, 7]);
  });

  it.each(['p3', 'default/p3'])('shows those of one provider: %s', async (provider) => {
    const { total, items } = (await state(`provider=${provider}&limit=1000`)).cells;
    expect([total, items.length]).toEqual([10_000, 1_000]);
    expect(items[0]).toEqual({ id: 50_003 });
  });

  it('of a provider that is not there shows nothing', async () => {
    expect((await state('provider=other/p3')).cells).toEqual({ total: 0, items: [] });
  });

  it.each([
    ['limit=0', 'limit: must be a whole number from 1 to 1000'],
    ['limit=1001', 'limit: must be a whole number from 1 to 1000'],
    ['limit=ten', 'limit: must be a whole number from 1 to 1000'],
    ['providr=p3', 'providr: no such query parameter; known: provider, limit'],
  ])('refuses %s', async (query, message) => {
    await expect(state(query)).rejects.toThrow(new AdminError(400, message));
  });
});
