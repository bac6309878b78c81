use super::{chain::*, contracts::*};
use crate::*;
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use pallet_scl::{ContractKind, GatekeeperRole, Standing};
use sp_keyring::Sr25519Keyring::{self, *};
use sp_runtime::traits::Dispatchable;

fn bytes<T: TryFrom<Vec<u8>>>(text: &str) -> T {
	text.as_bytes().to_vec().try_into().unwrap_or_else(|_| panic!("{text} fits"))
}

/// A chain with a registered contract, and with Bob as the only gatekeeper of its region but Alice.
fn with_registered_contract(test: impl FnOnce(AccountId)) {
	preset("development").execute_with(|| {
		let contract = deploy(0);
		let (region, kind, section) = (bytes("local"), ContractKind::Configuration, bytes("network-section-1"));
		let root = RuntimeOrigin::root();
		assert_ok!(Scl::register_contract(root.clone(), region, kind, section, 1, contract.clone()));
		let (role, standing) = (GatekeeperRole::Client, Standing::Good);
		assert_ok!(Scl::set_gatekeeper(root, account(Bob), bytes("local"), role, standing));
		System::reset_events();
		test(contract);
	});
}

/// Asks the contract whether Alice may call contracts.
fn direct_call(contract: &AccountId) -> RuntimeCall {
	pallet_contracts::Call::call {
		dest: contract.clone().into(),
		value: 0,
		gas_limit: GAS,
		storage_deposit_limit: None,
		data: input(1, account(Alice)),
	}
	.into()
}

fn gatekeepers_call(contract: &AccountId, data: Vec<u8>) -> RuntimeCall {
	let dest = contract.clone();
	pallet_scl::Call::call_contract { dest, value: 0, gas_limit: GAS, storage_deposit_limit: None, data }.into()
}

fn was_called(contract: &AccountId) -> bool {
	System::events().into_iter().any(|record| {
		matches!(record.event, RuntimeEvent::Contracts(pallet_contracts::Event::Called { contract: called, .. }) if called == *contract)
	})
}

fn refused() -> sp_runtime::DispatchError {
	frame_system::Error::<Runtime>::CallFiltered.into()
}

#[test]
fn a_registered_contract_is_called_through_the_registry_only() {
	with_registered_contract(|contract| {
		for caller in [Alice, Bob, Charlie] {
			let error = direct_call(&contract).dispatch(signed(caller)).expect_err("the filter refuses it").error;
			assert_eq!(error, refused());
		}
		assert!(!was_called(&contract));
		assert_ok!(direct_call(&deploy(1)).dispatch(signed(Charlie)));
		assert_ok!(gatekeepers_call(&contract, input(1, account(Bob))).dispatch(signed(Bob)));
		assert!(was_called(&contract));
	});
}

#[test]
fn the_old_way_to_call_is_refused_too() {
	with_registered_contract(|contract| {
		#[allow(deprecated)]
		let call = pallet_contracts::Call::call_old_weight {
			dest: contract.clone().into(),
			value: 0,
			gas_limit: 1_000_000_000_000,
			storage_deposit_limit: None,
			data: input(1, account(Alice)),
		};
		assert_eq!(RuntimeCall::from(call).dispatch(signed(Bob)).expect_err("is refused").error, refused());
	});
}

#[test]
fn no_batch_proxy_multisig_or_schedule_goes_around_the_registry() {
	with_registered_contract(|contract| {
		let call = || direct_call(&contract);
		let boxed = || Box::new(call());
		assert_ok!(Proxy::add_proxy(signed(Bob), account(Eve).into(), config::accounts::ProxyType::Any, 0));
		System::reset_events();
		let around: [(Sr25519Keyring, RuntimeCall); 6] = [
			(Bob, pallet_utility::Call::batch { calls: vec![call()] }.into()),
			(Bob, pallet_utility::Call::batch_all { calls: vec![call()] }.into()),
			(Bob, pallet_utility::Call::force_batch { calls: vec![call()] }.into()),
			(Bob, pallet_utility::Call::as_derivative { index: 0, call: boxed() }.into()),
			(
				Eve,
				pallet_proxy::Call::proxy { real: account(Bob).into(), force_proxy_type: None, call: boxed() }.into(),
			),
			(
				Bob,
				pallet_multisig::Call::as_multi_threshold_1 {
					other_signatories: vec![account(Charlie)],
					call: boxed(),
				}
				.into(),
			),
		];
		for (caller, call) in around {
			let _ = call.dispatch(signed(caller));
			assert!(!was_called(&contract));
		}

		let scheduled = frame_system::RawOrigin::Signed(account(Bob)).into();
		let bounded = <Preimage as frame_support::traits::StorePreimage>::bound(call()).expect("the call is short");
		use frame_support::traits::schedule::{v3::Anon, DispatchTime};
		assert_ok!(<Scheduler as Anon<_, _, _>>::schedule(DispatchTime::At(3), None, 0, scheduled, bounded));
		while System::block_number() < 4 {
			run_to(System::block_number() + 1);
			assert!(!was_called(&contract));
		}
	});
}

#[test]
fn only_a_gatekeeper_in_good_standing_calls() {
	with_registered_contract(|contract| {
		let call = || gatekeepers_call(&contract, input(1, account(Alice)));
		let error = |caller| call().dispatch(signed(caller)).expect_err("is refused").error;
		assert_eq!(error(Charlie), pallet_scl::Error::<Runtime>::NotAGatekeeper.into());
		let (role, standing) = (GatekeeperRole::Client, Standing::Suspended);
		assert_ok!(Scl::set_gatekeeper(RuntimeOrigin::root(), account(Bob), bytes("local"), role, standing));
		assert_eq!(error(Bob), pallet_scl::Error::<Runtime>::NotInGoodStanding.into());
		assert!(!was_called(&contract));
	});
}

#[test]
fn whoever_the_rules_suspend_calls_nothing_until_they_readmit_it() {
	with_registered_contract(|contract| {
		let call = || gatekeepers_call(&contract, input(1, account(Alice))).dispatch(signed(Bob));
		let rules = pallet_drn::CurrentRules::<Runtime>::get();
		assert_ok!(Drn::join(signed(Bob)));
		for number in 1..=rules.suspend_at {
			assert_ok!(call());
			let (fault, evidence) = (pallet_drn::Fault::Refused, [number as u8; 32]);
			assert_ok!(Drn::report(signed(Alice), account(Bob), fault, evidence));
		}
		let error = call().expect_err("is refused").error;
		assert_eq!(error, pallet_scl::Error::<Runtime>::NotInGoodStanding.into());
		assert!(!Scl::may_call(&account(Bob)));
		for _ in 0..rules.readmit_after {
			System::set_block_number(System::block_number() + pace::MINUTES);
			assert_ok!(Drn::heartbeat(signed(Bob), [1; 32]));
		}
		assert_ok!(call());
		assert_ok!(Drn::report(signed(Alice), account(Bob), pallet_drn::Fault::Deviates, [9; 32]));
		assert!(call().is_err());
		assert!(Balances::free_balance(Treasury::account_id()) >= config::infrastructure::MACHINE_COLLATERAL);
		System::set_block_number(System::block_number() + pace::MINUTES);
		assert_noop!(Drn::heartbeat(signed(Bob), [1; 32]), pallet_drn::Error::<Runtime>::NotActive);
	});
}

#[test]
fn a_contract_that_is_not_on_the_register_is_not_called_through_it() {
	with_registered_contract(|_| {
		let other = deploy(1);
		let error = gatekeepers_call(&other, input(1, account(Alice))).dispatch(signed(Bob)).expect_err("is refused");
		assert_eq!(error.error, pallet_scl::Error::<Runtime>::NotRegistered.into());
		assert!(!was_called(&other));
	});
}

#[test]
fn a_machine_leaves_before_its_gatekeeper_does() {
	with_registered_contract(|_| {
		assert_ok!(Drn::join(signed(Bob)));
		let leave = || Scl::leave_gatekeeper(signed(Bob));
		assert_noop!(leave(), pallet_scl::Error::<Runtime>::StillBound);
		assert_ok!(Drn::leave(signed(Bob)));
		assert_noop!(leave(), pallet_scl::Error::<Runtime>::StillBound);
		System::set_block_number(System::block_number() + 7 * pace::DAYS);
		assert_ok!(Drn::withdraw(signed(Bob)));
		assert_ok!(leave());
	});
}

#[test]
fn a_guard_attests_against_a_block_of_the_last_minutes() {
	with_registered_contract(|contract| {
		assert_ok!(Drn::join(signed(Bob)));
		assert_ok!(Drn::bind_guard(signed(Bob), account(Eve)));
		System::set_block_number(System::block_number() + pace::MINUTES);
		let (block, hash) = (System::block_number() - 1, Hash::repeat_byte(9));
		frame_system::BlockHash::<Runtime>::insert(block, hash);
		let attest = |intact| {
			let proof = Drn::attestation_proof(hash, &account(Bob), [4; 32], intact);
			Drn::attest(signed(Eve), block, [4; 32], intact, proof)
		};
		assert_ok!(attest(false));
		let error = gatekeepers_call(&contract, input(1, account(Bob))).dispatch(signed(Bob)).expect_err("is refused");
		assert_eq!(error.error, pallet_scl::Error::<Runtime>::NotInGoodStanding.into());
		assert_noop!(attest(true), pallet_drn::Error::<Runtime>::NotActive);
	});
}

#[test]
fn a_gatekeepers_call_weighs_what_it_used_also_when_it_fails() {
	with_registered_contract(|contract| {
		let weigh = |data: Vec<u8>| {
			let call = gatekeepers_call(&contract, data);
			let most = call.get_dispatch_info().call_weight;
			let (ok, info) = match call.dispatch(signed(Bob)) {
				Ok(info) => (true, info),
				Err(error) => (false, error.post_info),
			};
			let used = info.actual_weight.expect("the weight is known");
			assert!(used.ref_time() > 0 && used.ref_time() < most.ref_time() / 10, "{used:?} of {most:?}");
			ok
		};
		assert!(weigh(input(1, account(Alice))));
		assert!(!weigh(input(99, ())));
	});
}

#[test]
fn the_deposit_of_an_excluded_gatekeeper_goes_to_the_treasury() {
	with_registered_contract(|_| {
		let before = Balances::free_balance(Treasury::account_id());
		assert_ok!(Scl::register_gatekeeper(signed(Dave), bytes("local")));
		assert_noop!(
			Scl::register_gatekeeper(signed(Dave), bytes("local")),
			pallet_scl::Error::<Runtime>::AlreadyGatekeeper
		);
		let (role, standing) = (GatekeeperRole::Client, Standing::Excluded);
		assert_ok!(Scl::set_gatekeeper(RuntimeOrigin::root(), account(Dave), bytes("local"), role, standing));
		let after = Balances::free_balance(Treasury::account_id());
		assert_eq!(after - before, config::contracts::GATEKEEPER_DEPOSIT);
	});
}
