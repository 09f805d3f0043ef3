import { always, Waiter, WaitingLines } from './waiting-lines.js';

const pool = (...pools: readonly string[]) => ({ pools, connections: [] });

/** A number of things that waiters take, one each, when they are woken and can use them. */
class Scene {
  readonly lines = new WaitingLines();
  readonly woken: string[] = [];
  free = 0;

  waiter(name: string, lines: readonly string[], canUse = true): Waiter {
    const waiter = new Waiter(() => {
      this.woken.push(name);
      if (canUse && this.free > 0) this.free -= 1;
      else this.lines.wait(pool(...lines), waiter);
    });
    this.lines.wait(pool(...lines), waiter);
    return waiter;
  }

  comesBack(...lines: readonly string[]): void {
    this.free += 1;
    this.lines.wake(...lines.map((line) => ({ line, isFree: () => this.free > 0 })));
  }
}

it('what comes back goes to the first in line', () => {
  const scene = new Scene();
  scene.waiter('a', ['p']);
  scene.waiter('b', ['p']);
  scene.comesBack('p');
  expect([scene.woken, scene.lines.depth('p')]).toEqual([['a'], 1]);
  scene.comesBack('p');
  scene.comesBack('p');
  expect([scene.woken, scene.lines.depth('p')]).toEqual([['a', 'b'], 0]);
});

it('what the first cannot use goes to the next that can, and the first keeps its place', () => {
  const scene = new Scene();
  scene.waiter('a', ['p'], false);
  scene.waiter('b', ['p'], false);
  scene.waiter('c', ['p']);
  scene.waiter('d', ['p']);
  scene.comesBack('p');
  scene.comesBack('p');
  expect(scene.woken).toEqual(['a', 'b', 'c', 'a', 'b', 'd']);
  expect(scene.lines.depth('p')).toBe(2);
});

it('one in several lines is woken by each, once, and leaves all', () => {
  const scene = new Scene();
  scene.waiter('a', ['p', 'q']);
  scene.comesBack('q', 'p');
  expect([scene.woken, scene.lines.depth('p'), scene.lines.depth('q')]).toEqual([['a'], 0, 0]);
  scene.comesBack('p');
  expect(scene.woken).toEqual(['a']);
});

it('the order is that of arrival, over all lines, also for those that were woken in vain or asked anew by themselves', () => {
  const scene = new Scene();
  const first = scene.waiter('first', ['q']);
  scene.waiter('second', ['p', 'q']);
  scene.waiter('third', ['p']);
  scene.lines.leave(first);
  scene.lines.wait(pool('p'), first);
  for (let i = 0; i < 3; i++) scene.comesBack('p', 'q');
  expect(scene.woken).toEqual(['first', 'second', 'third']);
  scene.waiter('in q', ['q']);
  scene.waiter('in p', ['p']);
  scene.comesBack('p', 'q');
  expect(scene.woken.at(-1)).toBe('in q');
});

it('two things that come back serve two', () => {
  const scene = new Scene();
  for (const name of ['a', 'b', 'c']) scene.waiter(name, ['p']);
  scene.free = 1;
  scene.comesBack('p');
  expect([scene.woken, scene.lines.depth('p')]).toEqual([['a', 'b'], 1]);
});

it('one that ends another on its way leaves it unwoken', () => {
  const lines = new WaitingLines();
  const woken: string[] = [];
  const second = new Waiter(() => woken.push('second'));
  const first = new Waiter(() => {
    woken.push('first');
    lines.leave(second);
  });
  lines.wait(pool('p'), first);
  lines.wait(pool('p'), second);
  lines.wake(always('p'));
  expect(woken).toEqual(['first']);
});

it('lines are apart, and none is kept once it is empty', () => {
  const scene = new Scene();
  scene.waiter('a', ['p']);
  scene.comesBack('other');
  expect([scene.woken, [...scene.lines.entries()]]).toEqual([[], [['p', 1]]]);
  scene.comesBack('p');
  expect([...scene.lines.entries()]).toEqual([]);
});

it('one that throws when it is woken keeps the others from nothing', () => {
  const scene = new Scene();
  const fault = new Error('a defect');
  const broken = new Waiter(() => {
    throw fault;
  });
  scene.lines.wait(pool('p'), broken);
  scene.waiter('next', ['p']);
  expect(() => scene.comesBack('p')).toThrow(fault);
  expect([scene.woken, [...scene.lines.entries()]]).toEqual([['next'], []]);
});

it('one that comes while others are woken waits for the next time', () => {
  const scene = new Scene();
  let turns = 0;
  const first = new Waiter(() => {
    if (turns++ < 5) scene.waiter('late', ['p'], false);
  });
  scene.lines.wait(pool('p'), first);
  scene.comesBack('p');
  expect([scene.woken, scene.lines.depth('p')]).toEqual([[], 1]);
});

it('all are woken by what lets all go on, in the order of their lines', () => {
  const scene = new Scene();
  scene.waiter('a', ['p']);
  scene.waiter('b', ['q']);
  scene.waiter('c', ['p'], false);
  scene.free = 9;
  scene.lines.wakeAll();
  expect([scene.woken, [...scene.lines.entries()]]).toEqual([['a', 'c', 'b'], [['p', 1]]]);
});

describe('what comes back costs no more the more there are who wait', () => {
  /** How often a waiter's place is looked at, and how often it is asked whether what came back is still free. */
  const looksAt = (waiting: number, act: (lines: WaitingLines, waiters: readonly Waiter[]) => void) => {
    const lines = new WaitingLines();
    let looks = 0;
    const waiters = Array.from({ length: waiting }, () => {
      const waiter = new Waiter(() => {});
      let arrival = 0;
      Object.defineProperty(waiter, 'arrival', {
        get: () => {
          looks += 1;
          return arrival;
        },
        set: (value: number) => {
          arrival = value;
        },
      });
      lines.wait({ pools: ['p'], connections: ['c'] }, waiter);
      return waiter;
    });
    looks = 0;
    act(lines, waiters);
    return looks;
  };

  it.each([
    [
      'taken by the first',
      (lines: WaitingLines) => {
        let [free, asked] = [true, 0];
        const isFree = () => {
          asked += 1;
          const was = free;
          free = false;
          return was;
        };
        lines.wake({ line: 'p', isFree }, { line: 'c', isFree: () => false });
        expect(asked).toBeLessThan(4);
      },
    ],
    [
      'somebody in the middle has enough, looks again and waits on',
      (lines: WaitingLines, waiters: readonly Waiter[]) => {
        const waiter = waiters[waiters.length >> 1]!;
        lines.leave(waiter);
        lines.wait({ pools: ['p'], connections: ['c'] }, waiter);
      },
    ],
  ])('%s', (_name, act) => {
    expect(looksAt(10_000, act)).toBe(looksAt(10, act));
  });
});
