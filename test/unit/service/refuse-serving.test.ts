import { expect, it, onTestFinished } from 'vitest';
import { isServing } from '../../../src/service/refuse-serving.ts';
import { makeInstance } from './instance.ts';

it('a host serves while its gatekeeper or its guard runs, and no longer', async () => {
  const instance = await makeInstance();
  onTestFinished(() => instance.dispose());
  const { home, manager } = instance;
  expect(await isServing(home, manager)).toBe(false);
  await manager.ensure(instance.child('chain'));
  expect(await isServing(home, manager)).toBe(false);
  await manager.ensure(instance.child('ngd'));
  expect(await isServing(home, manager)).toBe(true);
  await manager.stop('ngd');
  expect(await isServing(home, manager)).toBe(false);
});
