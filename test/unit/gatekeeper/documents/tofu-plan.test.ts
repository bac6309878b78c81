import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.ts';

const PROVIDER = 'registry.opentofu.org/terraform-provider-openstack/openstack';

type Json = Record<string, unknown>;

/** A plan of one server, as `tofu show -json` writes it, with some of its parts replaced. */
function plan(
  parts: { resource?: Json; change?: Json; value?: Json; module?: Json; provider?: Json; top?: Json } = {},
): string {
  const address = 'openstack_compute_instance_v2.web';
  const identity = { address, mode: 'managed', type: 'openstack_compute_instance_v2', name: 'web' };
  const value = {
    ...identity,
    provider_name: PROVIDER,
    schema_version: 0,
    values: { name: 'web', mode: 'x', type: 'y' },
  };
  return JSON.stringify({
    format_version: '1.2',
    terraform_version: '1.9.0',
    planned_values: { root_module: { resources: [{ ...value, ...parts.value }] } },
    resource_changes: [
      {
        ...identity,
        provider_name: PROVIDER,
        change: { actions: ['create'], before: null, after: { name: 'web' } },
        ...parts.change,
      },
    ],
    prior_state: { format_version: '1.0', values: { root_module: {} } },
    configuration: {
      provider_config: {
        openstack: { name: 'openstack', full_name: PROVIDER, version_constraint: '3.0.0', ...parts.provider },
      },
      root_module: {
        resources: [
          {
            ...identity,
            provider_config_key: 'openstack',
            expressions: { name: { constant_value: 'web' } },
            schema_version: 0,
            ...parts.resource,
          },
        ],
        ...parts.module,
      },
    },
    timestamp: '2025-01-01T00:00:00Z',
    errored: false,
    ...parts.top,
  });
}

describe('plans of OpenTofu', () => {
  it('takes listed resources of listed providers', () => {
    expect(verdict('tofu-plan', plan())).toBe('accept');
    const image = { mode: 'data', type: 'openstack_images_image_v2' };
    expect(verdict('tofu-plan', plan({ resource: image, change: image }))).toBe('accept');
    const call = { source: './modules/net', module: { resources: [], module_calls: {} } };
    expect(verdict('tofu-plan', plan({ module: { module_calls: { net: call } } }))).toBe('accept');
  });

  const local = { provisioners: [{ type: 'local-exec', expressions: { command: { constant_value: 'id' } } }] };
  const bad = {
    address: 'null_resource.x',
    mode: 'managed',
    type: 'null_resource',
    name: 'x',
    provider_config_key: 'null',
  };
  const external = { mode: 'data', type: 'external' };
  const inside = (module: Json): Json => ({
    module_calls: { a: { source: './a', module: { module_calls: { b: { source: './b', module } } } } },
  });
  it.each([
    ['a provisioner', plan({ resource: local }), 'the provisioner "local-exec"'],
    [
      'a remote provisioner',
      plan({ resource: { provisioners: [{ type: 'remote-exec' }] } }),
      'the provisioner "remote-exec"',
    ],
    [
      'a provisioner in a module in a module',
      plan({ module: inside({ resources: [{ ...bad, ...local }] }) }),
      'the provisioner "local-exec"',
    ],
    ['external data, even where a library lists it', plan({ resource: external }), 'the data source "external"'],
    ['external data among the changes', plan({ change: external }), 'the data source "external"'],
    ['external data among the values', plan({ value: external }), 'the data source "external"'],
    ['another resource', plan({ resource: { type: 'local_file' } }), 'the resource "local_file"'],
    ['another resource in a module', plan({ module: inside({ resources: [bad] }) }), 'the resource "null_resource"'],
    [
      'another provider',
      plan({ provider: { full_name: 'registry.opentofu.org/evil/openstack' } }),
      'the provider "registry.opentofu.org/evil/openstack"',
    ],
    ['another provider of a change', plan({ change: { provider_name: 'x/y/z' } }), 'the provider "x/y/z"'],
    ['another provider of a value', plan({ value: { provider_name: 'x/y/z' } }), 'the provider "x/y/z"'],
    [
      'a module from elsewhere',
      plan({ module: { module_calls: { x: { source: 'git::https://example.org/x' } } } }),
      'a module from',
    ],
    ['a module above', plan({ module: { module_calls: { x: { source: './../x' } } } }), 'a module from'],
    [
      'drift of another type',
      plan({ top: { resource_drift: [{ ...bad, provider_name: PROVIDER, change: { actions: ['update'] } }] } }),
      'the resource "null_resource"',
    ],
    ['an unknown part', plan({ top: { actions: [] } }), 'actions'],
    ['an unknown part of a resource', plan({ resource: { connection: {} } }), 'connection'],
    ['no configuration', plan({ top: { configuration: undefined } }), '/configuration'],
    ['a plan that failed', plan({ top: { errored: true } }), '/errored'],
    ['an unknown action', plan({ change: { change: { actions: ['run'] } } }), '/resource_changes/0/change/actions'],
    ['another format', plan({ top: { format_version: '2.0' } }), '/format_version'],
    ['a state instead of a plan', '{"format_version":"1.0","values":{}}', 'document-malformed'],
    ['no object', '[]', 'document-malformed'],
    ['a key twice', plan().replace('{', '{"errored":false,'), 'twice'],
  ])('refuses %s', (_, text, why) => {
    expect(verdict('tofu-plan', text)).toMatch(/^document-(forbidden|malformed): /);
    expect(verdict('tofu-plan', text)).toContain(why);
  });
});
