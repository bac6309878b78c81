//! The first state of a chain. The development chain has one validator, Alice, who also administers it; the well-known
//! development accounts hold tokens.

use crate::{config::consensus::BABE_GENESIS_EPOCH_CONFIG, AccountId, Balance, SessionKeys, LOGOS};
use alloc::{string::ToString, vec::Vec};
use polkadot_sdk::{
	pallet_staking::StakerStatus,
	sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET},
	sp_keyring::{Ed25519Keyring, Sr25519Keyring},
	sp_runtime::Perbill,
};
use serde_json::{json, Value};

/// What each development account holds. It is a round number that JSON's readers don't lose digits of.
const ENDOWMENT: Balance = 1_000_000 * LOGOS;

/// What a validator bonds.
const STAKE: Balance = 100_000 * LOGOS;

/// The presets that [`preset`] knows.
pub const PRESETS: [&str; 1] = [DEV_RUNTIME_PRESET];

/// The differences of a preset from the default state, as JSON; `None` for a preset that doesn't exist.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	let name: &str = id.as_ref();
	(name == DEV_RUNTIME_PRESET).then(|| development().to_string().into_bytes())
}

fn development() -> Value {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie};
	let endowed = [Alice, Bob, Charlie, Dave, Eve, Ferdie].map(|account| account.to_account_id());
	let keys = SessionKeys { babe: Alice.public().into(), grandpa: Ed25519Keyring::Alice.public().into() };
	state(&[(Alice.to_account_id(), keys)], Alice.to_account_id(), &endowed)
}

fn state(validators: &[(AccountId, SessionKeys)], administrator: AccountId, endowed: &[AccountId]) -> Value {
	let accounts = || validators.iter().map(|(account, _)| account);
	let balances: Vec<_> = endowed.iter().map(|account| (account, ENDOWMENT)).collect();
	let keys: Vec<_> = validators.iter().map(|(account, keys)| (account, account, keys)).collect();
	let stakers: Vec<_> =
		accounts().map(|account| (account, account, STAKE, StakerStatus::<AccountId>::Validator)).collect();
	json!({
		"babe": { "epochConfig": BABE_GENESIS_EPOCH_CONFIG },
		"balances": { "balances": balances },
		"session": { "keys": keys },
		"staking": {
			"invulnerables": accounts().collect::<Vec<_>>(),
			"minimumValidatorCount": 1,
			"slashRewardFraction": Perbill::from_percent(10),
			"stakers": stakers,
			"validatorCount": 10,
		},
		"sudo": { "key": administrator },
	})
}
