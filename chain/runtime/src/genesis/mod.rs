//! The first state of a chain. A preset gives its differences from the default state as JSON; the runtime builds the
//! state from that document, so that nobody else needs to know how it is stored.

mod state;
mod template;

use crate::{Babe, Balance, RuntimeGenesisConfig, LOGOS};
use alloc::{
	string::{String, ToString},
	vec,
	vec::Vec,
};
use polkadot_sdk::{
	frame_support::genesis_builder_helper::build_state,
	sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET},
	sp_keyring::{
		Ed25519Keyring,
		Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, Ferdie},
	},
};
use serde_json::Value;
use state::{account, validator, Founders};

/// The document that the operators of a real network fill in.
pub const TEMPLATE_PRESET: &str = "template";

/// What each development account holds.
const ENDOWMENT: Balance = 1_000_000 * LOGOS;

/// What a validator of a development chain bonds.
const STAKE: Balance = 100_000 * LOGOS;

/// The presets that [`preset`] knows.
pub const PRESETS: [&str; 3] = [DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, TEMPLATE_PRESET];

/// The differences of a preset from the default state, as JSON; `None` for a preset that doesn't exist.
pub fn preset(id: &PresetId) -> Option<Vec<u8>> {
	let document = match id.as_ref() {
		DEV_RUNTIME_PRESET => development(),
		LOCAL_TESTNET_RUNTIME_PRESET => local_testnet(),
		TEMPLATE_PRESET => template::document(),
		_ => return None,
	};
	Some(document.to_string().into_bytes())
}

/// Builds the first state that a document describes. Fails where the document can't be read or names no validator: nobody
/// could make the second block of such a chain.
pub fn build(document: Vec<u8>) -> Result<(), String> {
	build_state::<RuntimeGenesisConfig>(document)?;
	if Babe::authorities().is_empty() {
		return Err("session.keys and staking.stakers name no validator".into());
	}
	Ok(())
}

/// One validator, Alice, who also administers the chain and sits in its council.
fn development() -> Value {
	state::document(Founders {
		validators: vec![validator((Alice, Ed25519Keyring::Alice))],
		invulnerable: true,
		nominators: vec![],
		administrator: Some(account(Alice)),
		council: vec![account(Alice)],
		gatekeeper: account(Alice),
		endowed: [Alice, Bob, Charlie, Dave, Eve, Ferdie].map(account).to_vec(),
	})
}

/// Four validators who can be slashed and nobody who administers, so that everything of a real network happens in it.
fn local_testnet() -> Value {
	state::document(Founders {
		validators: [
			(Alice, Ed25519Keyring::Alice),
			(Bob, Ed25519Keyring::Bob),
			(Charlie, Ed25519Keyring::Charlie),
			(Dave, Ed25519Keyring::Dave),
		]
		.map(validator)
		.to_vec(),
		invulnerable: false,
		nominators: vec![(account(Eve), vec![account(Alice), account(Bob)])],
		administrator: None,
		council: [Alice, Bob, Charlie].map(account).to_vec(),
		gatekeeper: account(Alice),
		endowed: [Alice, Bob, Charlie, Dave, Eve, Ferdie].map(account).to_vec(),
	})
}
