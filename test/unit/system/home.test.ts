import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { homeFrom, viewedHomeFrom } from '../../../src/system/home.ts';

it("is root's in /var/lib, a user's in the XDG state directory, and LOGOS_HOME before both", () => {
  expect(homeFrom({}, 0).root).toBe('/var/lib/logos');
  expect(homeFrom({ HOME: '/home/a' }, 1000).root).toBe('/home/a/.local/state/logos');
  expect(homeFrom({ XDG_STATE_HOME: '/s' }, 1000).root).toBe('/s/logos');
  expect(homeFrom({ LOGOS_HOME: '/x' }, 0).root).toBe('/x');
  expect(homeFrom({ LOGOS_HOME: '/x', LOGOS_CACHE: '/c' }, 0).cache).toBe('/c');
});

it("shows a user without an instance the machine's", () => {
  const directory = mkdtempSync(join(tmpdir(), 'logos-home-view-'));
  const system = join(directory, 'system');
  const env = { XDG_STATE_HOME: join(directory, 'user') };
  expect(viewedHomeFrom(env, 1000, system).root).toBe(join(directory, 'user/logos'));
  mkdirSync(join(system, 'run'), { recursive: true });
  writeFileSync(join(system, 'run/status.sock'), '');
  expect(viewedHomeFrom(env, 1000, system).root).toBe(system);
  mkdirSync(join(directory, 'user/logos'), { recursive: true });
  expect(viewedHomeFrom(env, 1000, system).root).toBe(join(directory, 'user/logos'));
  rmSync(directory, { recursive: true });
});
