import { RetryBudget } from './retry-budget.js';

describe('a retry budget', () => {
  it('begins with its floor', () => {
    expect(new RetryBudget({ percent: 20, intervalMs: 10_000, minPerSecond: 10 }).balance(0)).toBe(100);
  });

  it('allows its share of the requests', () => {
    const budget = new RetryBudget({ percent: 20, intervalMs: 10_000, minPerSecond: 0 });
    for (let i = 0; i < 104; i++) budget.request(0);
    expect(budget.balance(0)).toBe(20);
    for (let i = 0; i < 20; i++) budget.retry(0);
    expect(budget.balance(0)).toBe(0);
  });

  it('forgets requests and retries with their slot', () => {
    const budget = new RetryBudget({ percent: 50, intervalMs: 10_000, minPerSecond: 1 });
    for (let i = 0; i < 10; i++) budget.request(0);
    for (let i = 0; i < 4; i++) budget.retry(5000);
    expect(budget.balance(5000)).toBe(11);
    expect(budget.balance(9999)).toBe(11);
    expect(budget.balance(10_000)).toBe(6);
    expect(budget.balance(15_000)).toBe(10);
  });

  it('only reads: what was asked about a later time changes nothing', () => {
    const budget = new RetryBudget({ percent: 100, intervalMs: 10_000, minPerSecond: 0 });
    budget.request(0);
    budget.retry(5000);
    budget.request(5000);
    expect([budget.balance(12_000), budget.balance(60_000), budget.balance(5000)]).toEqual([0, 0, 1]);
  });

  it('holds a week of silence and a clock that goes back', () => {
    const budget = new RetryBudget({ percent: 100, intervalMs: 10_000, minPerSecond: 0 });
    budget.request(604_800_000);
    expect(budget.balance(604_800_000)).toBe(1);
    budget.request(0);
    expect(budget.balance(0)).toBe(2);
  });

  it('goes below zero when concurrent requests overdraw it', () => {
    const budget = new RetryBudget({ percent: 0, intervalMs: 1000, minPerSecond: 0 });
    budget.retry(0);
    expect(budget.balance(0)).toBe(-1);
  });
});
