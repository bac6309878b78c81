import { z } from 'zod';
import { DocumentFault, printable, shown } from './fault.ts';
import { parseStrictJson } from './json.ts';
import type { DocumentRules } from './rules.ts';

const MAX_BYTES = 4 * 1024 * 1024;

const any = z.unknown();
const text = z.string().max(4_096);

/** A resource in a configuration: the one place where provisioners stand. */
const configuredResource = z.strictObject({
  address: text,
  mode: z.enum(['managed', 'data']),
  type: text,
  name: text,
  provider_config_key: text,
  provisioners: z.array(z.looseObject({ type: text })).optional(),
  expressions: any.optional(),
  schema_version: any.optional(),
  count_expression: any.optional(),
  for_each_expression: any.optional(),
  depends_on: z.array(text).optional(),
});

const configuredModule = z.strictObject({
  outputs: any.optional(),
  resources: z.array(configuredResource).optional(),
  variables: any.optional(),
  get module_calls() {
    return z.record(z.string(), moduleCall).optional();
  },
});

const moduleCall = z.strictObject({
  source: text,
  expressions: any.optional(),
  count_expression: any.optional(),
  for_each_expression: any.optional(),
  version_constraint: text.optional(),
  depends_on: z.array(text).optional(),
  get module() {
    return configuredModule.optional();
  },
});
type ConfiguredModule = z.output<typeof configuredModule>;

/** A resource in a state or among the planned values. */
const resource = z.looseObject({ address: text, mode: z.enum(['managed', 'data']), type: text, provider_name: text });
const values = z.looseObject({
  resources: z.array(resource).optional(),
  get child_modules() {
    return z.array(values).optional();
  },
});
type Values = z.output<typeof values>;
const state = z.looseObject({ root_module: values.optional() });

const change = z.looseObject({
  address: text,
  mode: z.enum(['managed', 'data']),
  type: text,
  provider_name: text,
  change: z.looseObject({ actions: z.array(z.enum(['no-op', 'create', 'read', 'update', 'delete', 'forget'])).max(2) }),
});

const planSchema = z.strictObject({
  format_version: z.string().regex(/^1\.[0-9]{1,3}$/),
  terraform_version: text.optional(),
  variables: any.optional(),
  planned_values: state.optional(),
  proposed_unknown: any.optional(),
  resource_drift: z.array(change).optional(),
  resource_changes: z.array(change).optional(),
  deferred_changes: z.never().optional(),
  output_changes: any.optional(),
  prior_state: z.looseObject({ values: state.optional() }).optional(),
  configuration: z.strictObject({
    provider_config: z
      .record(
        z.string(),
        z.strictObject({
          name: text,
          full_name: text,
          version_constraint: text.optional(),
          alias: text.optional(),
          module_address: text.optional(),
          expressions: any.optional(),
        }),
      )
      .optional(),
    root_module: configuredModule,
  }),
  relevant_attributes: any.optional(),
  checks: any.optional(),
  timestamp: text.optional(),
  errored: z.literal(false).optional(),
  applyable: z.boolean().optional(),
  complete: z.boolean().optional(),
});

/** Runs a program on the machine that plans, whatever a library says. */
const NEVER_DATA = ['external'];

/**
 * Reads a plan of OpenTofu or Terraform (`tofu show -json`), whose providers and types the rules list and which has no
 * provisioners and no modules from elsewhere. Throws DocumentFault.
 */
export function checkTofuPlan(bytes: Uint8Array, rules: DocumentRules): unknown {
  const parsed = planSchema.safeParse(parseStrictJson(bytes, MAX_BYTES));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `/${(issue?.path ?? []).map((part) => printable(String(part)).slice(0, 60)).join('/')}`;
    throw new DocumentFault('malformed', printable(issue?.message ?? 'it is no plan').slice(0, 200), where);
  }
  const plan = parsed.data;
  for (const [key, provider] of Object.entries(plan.configuration.provider_config ?? {})) {
    checkProvider(provider.full_name, `/configuration/provider_config/${shown(key)}`, rules);
  }
  checkModule(plan.configuration.root_module, '/configuration/root_module', rules);
  for (const [name, changes] of Object.entries({
    resource_changes: plan.resource_changes,
    resource_drift: plan.resource_drift,
  })) {
    for (const it of changes ?? []) checkResource(it, `/${name}`, rules);
  }
  if (plan.planned_values?.root_module) checkValues(plan.planned_values.root_module, '/planned_values', rules);
  if (plan.prior_state?.values?.root_module) checkValues(plan.prior_state.values.root_module, '/prior_state', rules);
  return plan;
}

function checkModule(module: ConfiguredModule, where: string, rules: DocumentRules): void {
  for (const it of module.resources ?? []) {
    const at = `${where}/resources/${shown(it.address)}`;
    const [provisioner] = it.provisioners ?? [];
    if (provisioner)
      throw new DocumentFault('forbidden', `the provisioner ${shown(provisioner.type)} is not allowed`, at);
    checkType(it, at, rules);
  }
  for (const [name, call] of Object.entries(module.module_calls ?? {})) {
    const at = `${where}/module_calls/${shown(name)}`;
    if (!/^\.(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/.test(call.source)) {
      throw new DocumentFault('forbidden', `a module from ${shown(call.source)} is not allowed`, at);
    }
    if (call.module) checkModule(call.module, `${at}/module`, rules);
  }
}

function checkValues(module: Values, where: string, rules: DocumentRules): void {
  for (const it of module.resources ?? []) checkResource(it, where, rules);
  for (const it of module.child_modules ?? []) checkValues(it as Values, where, rules);
}

type Resource = Pick<z.output<typeof resource>, 'address' | 'mode' | 'type' | 'provider_name'>;

function checkResource(it: Resource, where: string, rules: DocumentRules): void {
  const at = `${where}/${shown(it.address)}`;
  checkProvider(it.provider_name, at, rules);
  checkType(it, at, rules);
}

function checkProvider(name: string, where: string, rules: DocumentRules): void {
  if (!rules.providers.includes(name)) {
    throw new DocumentFault('forbidden', `the provider ${shown(name)} is not allowed`, where);
  }
}

function checkType(it: { mode: 'managed' | 'data'; type: string }, where: string, rules: DocumentRules): void {
  const isData = it.mode === 'data';
  const allowed = isData ? rules.dataSources.filter((type) => !NEVER_DATA.includes(type)) : rules.resources;
  if (!allowed.includes(it.type)) {
    throw new DocumentFault(
      'forbidden',
      `the ${isData ? 'data source' : 'resource'} ${shown(it.type)} is not allowed`,
      where,
    );
  }
}
