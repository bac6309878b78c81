use super::chain::*;
use crate::*;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring::*};
use sp_runtime::traits::Zero;

#[test]
fn the_development_chain_belongs_to_alice() {
	preset(DEV_RUNTIME_PRESET).execute_with(|| {
		assert_eq!(Session::validators(), vec![account(Alice)]);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(account(Alice)));
		assert_eq!(pallet_collective::Members::<Runtime, _>::get(), vec![account(Alice)]);
		assert!(Scl::is_gatekeeper(&account(Alice)));
		assert_eq!(pallet_staking::Invulnerables::<Runtime>::get(), vec![account(Alice)]);
	});
}

#[test]
fn the_local_network_has_four_validators_that_can_be_slashed_and_no_administrator() {
	preset(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		let mut elected = Session::validators();
		elected.sort();
		let mut expected: Vec<_> = [Alice, Bob, Charlie, Dave].map(account).to_vec();
		expected.sort();
		assert_eq!(elected, expected);
		assert!(pallet_staking::Invulnerables::<Runtime>::get().is_empty());
		let keys = Session::key_owner(sp_consensus_grandpa::KEY_TYPE, Ed25519Keyring::Dave.public().as_ref());
		assert_eq!(keys, Some(account(Dave)));
		assert_eq!(AuthorityDiscovery::authorities().len(), 4);
		assert_eq!(Babe::authorities().len(), 4);
		assert_eq!(Grandpa::grandpa_authorities().len(), 4);
	});
}

#[test]
fn every_staker_is_in_the_bags() {
	preset(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| {
		use frame_election_provider_support::SortedListProvider;
		for key in [Alice, Bob, Charlie, Dave, Eve] {
			assert!(VoterList::contains(&account(key)), "{key:?}");
		}
		assert_eq!(VoterList::count(), 5);
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn first_states_are_sound() {
	for name in [DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET] {
		preset(name).execute_with(check_state);
	}
}

#[test]
fn all_accounts_hold_at_least_the_existential_deposit() {
	for name in [DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET] {
		preset(name).execute_with(|| {
			let mut total = Balance::zero();
			for (account, info) in frame_system::Account::<Runtime>::iter() {
				let held = info.data.free + info.data.reserved;
				assert!(held >= config::tokens::EXISTENTIAL_DEPOSIT, "{account}");
				total += held;
			}
			assert_eq!(total, Balances::total_issuance());
			assert!(Balances::free_balance(Treasury::account_id()) >= config::tokens::EXISTENTIAL_DEPOSIT);
		});
	}
}

/// The template as its founders fill it in.
fn founded() -> serde_json::Value {
	let mut document = document(genesis::TEMPLATE_PRESET);
	let development = super::chain::document(DEV_RUNTIME_PRESET);
	for (pallet, field) in [("balances", "balances"), ("session", "keys"), ("staking", "stakers")] {
		document[pallet][field] = development[pallet][field].clone();
	}
	document
}

#[test]
fn the_template_names_nobody() {
	let text = document(genesis::TEMPLATE_PRESET).to_string();
	for key in [Alice, Bob, Charlie, Dave, Eve, Ferdie] {
		assert!(!text.contains(&account(key).to_string()), "{key:?}");
	}
}

#[test]
fn an_unfilled_template_builds_no_chain() {
	let document = document(genesis::TEMPLATE_PRESET).to_string().into_bytes();
	sp_io::TestExternalities::default().execute_with(|| {
		let reason = genesis::build(document).unwrap_err();
		assert!(reason.contains("no validator"), "{reason}");
	});
}

#[test]
fn a_filled_template_has_validators_and_no_administrator() {
	state_of(&founded()).execute_with(|| {
		assert_eq!(Session::validators(), vec![account(Alice)]);
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		let call = Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![] }));
		assert!(Sudo::sudo(signed(Alice), call.clone()).is_err());
		assert!(Sudo::set_key(signed(Alice), account(Alice).into()).is_err());
	});
}

#[test]
fn an_unknown_preset_is_none() {
	assert_eq!(genesis::preset(&"unknown".into()), None);
}
