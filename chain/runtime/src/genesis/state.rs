//! The document of a chain that well-known accounts found.

use super::{ENDOWMENT, STAKE};
use crate::{config::consensus::BABE_GENESIS_EPOCH_CONFIG, AccountId, SessionKeys};
use alloc::vec::Vec;
use polkadot_sdk::{
	pallet_staking::StakerStatus,
	sp_keyring::{Ed25519Keyring, Sr25519Keyring},
	sp_runtime::Perbill,
};
use serde_json::{json, Value};

/// The region that a chain for development begins with.
const REGION: &str = "local";

/// Who is there from the beginning.
pub struct Founders {
	/// Their accounts and session keys; each bonds the same stake.
	pub validators: Vec<(AccountId, SessionKeys)>,
	/// The validators can't be slashed.
	pub invulnerable: bool,
	/// Nominators, and the validators that they nominate.
	pub nominators: Vec<(AccountId, Vec<AccountId>)>,
	pub administrator: Option<AccountId>,
	pub council: Vec<AccountId>,
	/// The main gatekeeper of the region `local`.
	pub gatekeeper: AccountId,
	/// Accounts that hold tokens.
	pub endowed: Vec<AccountId>,
}

/// A well-known account.
pub fn account(key: Sr25519Keyring) -> AccountId {
	key.to_account_id()
}

/// A validator whose account and session keys all derive from one well-known name, as a node's `--alice` does.
pub fn validator((key, finality): (Sr25519Keyring, Ed25519Keyring)) -> (AccountId, SessionKeys) {
	let keys = SessionKeys {
		babe: key.public().into(),
		grandpa: finality.public().into(),
		authority_discovery: key.public().into(),
	};
	(account(key), keys)
}

/// The differences from the default state, as the runtime reads them.
pub fn document(founders: Founders) -> Value {
	let Founders { validators, invulnerable, nominators, administrator, council, gatekeeper, endowed } = founders;
	let accounts: Vec<_> = validators.iter().map(|(account, _)| account).collect();
	let balances: Vec<_> = endowed.iter().map(|account| (account, ENDOWMENT)).collect();
	let keys: Vec<_> = validators.iter().map(|(account, keys)| (account, account, keys)).collect();
	let stakers: Vec<_> = accounts
		.iter()
		.map(|account| (*account, StakerStatus::Validator))
		.chain(nominators.iter().map(|(account, targets)| (account, StakerStatus::Nominator(targets.clone()))))
		.map(|(account, status)| (account, account, STAKE, status))
		.collect();
	let invulnerables = if invulnerable { accounts.clone() } else { Vec::new() };
	json!({
		"babe": { "epochConfig": BABE_GENESIS_EPOCH_CONFIG },
		"balances": { "balances": balances },
		"council": { "members": council },
		"scl": { "gatekeepers": [(&gatekeeper, REGION, "Main")] },
		"session": { "keys": keys },
		"staking": {
			"invulnerables": invulnerables,
			"minimumValidatorCount": 1,
			"slashRewardFraction": Perbill::from_percent(10),
			"stakers": stakers,
			"validatorCount": accounts.len().max(10),
		},
		"sudo": { "key": administrator },
	})
}
