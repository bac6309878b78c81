import { Args } from '@oclif/core';
import { REGION_ARGS } from '../common.ts';

/** What commands on one provider are told. */
export const PROVIDER_ARGS = {
  ...REGION_ARGS,
  name: Args.string({ description: 'the machine in the region', required: true }),
};
