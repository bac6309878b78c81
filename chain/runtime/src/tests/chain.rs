//! A chain without a node: the state of a preset, and blocks that only do what pallets do by themselves.

use crate::*;
use frame_support::{
	dispatch::GetDispatchInfo,
	genesis_builder_helper::get_preset,
	traits::{OnFinalize, OnInitialize},
};
use sp_genesis_builder::PresetId;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;

/// The document of a preset, merged into the default state as the chain's tools do it.
pub fn document(preset: &str) -> serde_json::Value {
	let read = |id: &Option<PresetId>| {
		let bytes = get_preset::<RuntimeGenesisConfig>(id, genesis::preset).expect("the preset exists");
		serde_json::from_slice(&bytes).expect("presets are JSON")
	};
	let mut document = read(&None);
	merge(&mut document, read(&Some(preset.into())));
	document
}

fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
	match (base, patch) {
		(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(base, patch) => *base = patch,
	}
}

/// The first state that a document describes.
pub fn state_of(document: &serde_json::Value) -> TestExternalities {
	let mut state = TestExternalities::default();
	state.execute_with(|| {
		genesis::build(document.to_string().into_bytes()).expect("the state can be built");
		System::set_block_number(1);
	});
	state
}

/// The first state of a preset.
pub fn preset(name: &str) -> TestExternalities {
	state_of(&document(name))
}

pub fn account(key: Sr25519Keyring) -> AccountId {
	key.to_account_id()
}

pub fn signed(key: Sr25519Keyring) -> RuntimeOrigin {
	RuntimeOrigin::signed(account(key))
}

/// Lets blocks pass: what is scheduled and what referenda wait for happens.
pub fn run_to(block: BlockNumber) {
	while System::block_number() < block {
		let now = System::block_number();
		Referenda::on_finalize(now);
		Scheduler::on_finalize(now);
		System::set_block_number(now + 1);
		System::reset_events();
		Scheduler::on_initialize(now + 1);
		Referenda::on_initialize(now + 1);
	}
}

/// Every pallet's promises about its state hold.
#[cfg(feature = "try-runtime")]
pub fn check_state() {
	use frame_support::traits::{TryState, TryStateSelect};
	AllPalletsWithSystem::try_state(System::block_number(), TryStateSelect::All).expect("the state is sound");
}

/// What a transaction with this call weighs.
pub fn weight_of(call: &RuntimeCall) -> frame_support::weights::Weight {
	call.get_dispatch_info().total_weight()
}
