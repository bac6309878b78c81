import { expect, test } from 'vitest';
import { parseUnitState } from '../../../src/service/systemd/manager.ts';
import { renderSlice, renderUnit, unitName } from '../../../src/service/systemd/unit-file.ts';
import { homeFrom } from '../../../src/system/home.ts';

const home = homeFrom({}, 0);

test('a unit carries the command, its order and the sandbox, with nothing for systemd to expand', () => {
  const unit = renderUnit(
    home,
    {
      name: 'ng',
      description: 'gatekeeper 100%',
      command: ['/opt/my logos', 'a"b', '50%', '$HOME', 'back\\slash'],
      env: { WORD: 'two words "x" 5% $y' },
      after: ['chain', 'libvirtd'],
      sandbox: { NoNewPrivileges: 'yes', ReadWritePaths: ['/a', '/b'], Slice: 'logos.slice', Restart: 'on-failure' },
    },
    { LOGOS_HOME: '/var/lib/logos' },
  );
  expect(unit.split('\n')).toEqual([
    '[Unit]',
    'Description=Logos: gatekeeper 100%%',
    'After=network.target logos-chain.service logos-libvirtd.service',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    'ExecStart="/opt/my logos" "a\\"b" "50%%" "$$HOME" "back\\\\slash"',
    'Environment="LOGOS_HOME=/var/lib/logos"',
    'Environment="WORD=two words \\"x\\" 5%% $y"',
    'Restart=on-failure',
    'RestartSec=100ms',
    'KillMode=mixed',
    'TimeoutStopSec=15s',
    'NoNewPrivileges=yes',
    'ReadWritePaths=/a',
    'ReadWritePaths=/b',
    'Slice=logos.slice',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ]);
});

test('units of other instances have other names', () => {
  expect(unitName(home, 'ngd')).toBe('logos-ngd.service');
  expect(unitName(homeFrom({ LOGOS_HOME: '/a' }), 'ngd')).toMatch(/^logos-[0-9a-f]{8}-ngd\.service$/);
});

test('a slice carries its limits', () => {
  expect(renderSlice('guests', { CPUQuota: '150%', MemoryMax: '2G' })).toBe(
    '[Unit]\nDescription=Logos: guests\n\n[Slice]\nCPUQuota=150%\nMemoryMax=2G\n',
  );
});

test.each([
  [
    'MainPID=77\nNRestarts=2\nActiveEnterTimestamp=@1700000000\nActiveState=active\nSubState=running\n',
    { state: 'running', pid: 77, restarts: 2, since: '2023-11-14T22:13:20.000Z' },
  ],
  [
    'MainPID=0\nNRestarts=5\nActiveEnterTimestamp=\nActiveState=activating\nSubState=auto-restart\n',
    { state: 'starting', restarts: 5 },
  ],
  ['ActiveState=failed\n', { state: 'failed', restarts: 0 }],
  ['ActiveState=inactive\nMainPID=0\n', { state: 'stopped', restarts: 0 }],
  ['', { state: 'stopped', restarts: 0 }],
])('the state of a unit is read from %j', (text, state) => {
  expect(parseUnitState(text)).toEqual(state);
});
