//! The document of a network that strangers found: every list that names somebody is empty, and nobody administers it.

use crate::{config::consensus::BABE_GENESIS_EPOCH_CONFIG, LOGOS};
use polkadot_sdk::sp_runtime::Perbill;
use serde_json::{json, Value};

/// What is left to fill in, each as `GenesisBuilder` reads it: `balances.balances` with `[account, planck]`,
/// `council.members` with accounts, `session.keys` with `[account, account, keys]`, and `staking.stakers` with
/// `[account, account, planck, "Validator"]`. A chain can't be built from it before it has a validator.
pub fn document() -> Value {
	json!({
		"babe": { "epochConfig": BABE_GENESIS_EPOCH_CONFIG },
		"balances": { "balances": [] },
		"council": { "members": [] },
		"nominationPools": { "minCreateBond": 100 * LOGOS, "minJoinBond": LOGOS },
		"session": { "keys": [] },
		"staking": {
			"invulnerables": [],
			"minNominatorBond": 10 * LOGOS,
			"minValidatorBond": 1_000 * LOGOS,
			"minimumValidatorCount": 4,
			"slashRewardFraction": Perbill::from_percent(10),
			"stakers": [],
			"validatorCount": 20,
		},
		"sudo": { "key": null },
	})
}
