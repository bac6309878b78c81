use super::chain::weight_of;
use crate::*;
use frame_support::{dispatch::DispatchClass, weights::Weight};

fn limit(class: DispatchClass) -> Weight {
	let weights = <Runtime as frame_system::Config>::BlockWeights::get();
	weights.get(class).max_extrinsic.expect("both classes have a limit")
}

#[test]
fn blocks_leave_time_to_pass_them_on() {
	let weights = <Runtime as frame_system::Config>::BlockWeights::get();
	let block_picoseconds = pace::BLOCK_MILLIS * 1_000_000_000;
	assert!(weights.max_block.ref_time() <= block_picoseconds * 2 / 3);
	assert!(limit(DispatchClass::Normal).ref_time() > block_picoseconds / 3);
}

#[test]
fn common_calls_fit_a_block_many_times() {
	let someone: AccountId = [1; 32].into();
	let calls: Vec<RuntimeCall> = vec![
		pallet_balances::Call::transfer_keep_alive { dest: someone.clone().into(), value: 1 }.into(),
		frame_system::Call::remark { remark: vec![0; 1_024] }.into(),
		frame_system::Call::authorize_upgrade { code_hash: Default::default() }.into(),
		pallet_staking::Call::bond { value: 1, payee: pallet_staking::RewardDestination::Staked }.into(),
		pallet_nomination_pools::Call::join { amount: 1, pool_id: 1 }.into(),
		pallet_proxy::Call::add_proxy { delegate: someone.into(), proxy_type: Default::default(), delay: 0 }.into(),
		pallet_preimage::Call::note_preimage { bytes: vec![0; 4_096] }.into(),
	];
	for call in calls {
		let weight = weight_of(&call);
		assert!(weight.ref_time() > 0, "{call:?} is free");
		assert!(weight.ref_time() < limit(DispatchClass::Normal).ref_time() / 100, "{call:?} weighs {weight:?}");
	}
}

#[test]
fn a_thousand_keys_change_in_a_quarter_of_a_block() {
	use pallet_csc::WeightInfo;
	type Weights = <Runtime as pallet_csc::Config>::WeightInfo;
	let change = Weights::decode(1_000, 200_000).saturating_add(Weights::apply(1_000, 1_000));
	assert!(change.ref_time() < limit(DispatchClass::Normal).ref_time() / 4, "{change:?}");
	assert!(change.ref_time() > Weights::apply(1, 1_000).ref_time() * 2, "{change:?}");
}

#[test]
fn a_new_runtime_fits_a_block() {
	let code = vec![0; 7 * 1024 * 1024];
	let call: RuntimeCall = frame_system::Call::apply_authorized_upgrade { code: code.clone() }.into();
	assert!(weight_of(&call).all_lte(limit(DispatchClass::Operational)));
	let length = <Runtime as frame_system::Config>::BlockLength::get();
	assert!(code.len() as u32 <= *length.max.get(DispatchClass::Operational));
}

#[test]
fn what_pallets_do_by_themselves_fits_a_block() {
	use frame_support::traits::OnRuntimeUpgrade;
	super::chain::preset("development").execute_with(|| {
		let migrations = migrations::Migrations::on_runtime_upgrade();
		let max = <Runtime as frame_system::Config>::BlockWeights::get().max_block;
		assert!(migrations.all_lte(max));
		let scheduled: Weight = <Runtime as pallet_scheduler::Config>::MaximumWeight::get();
		assert!(scheduled.all_lte(max));
	});
}

#[test]
fn fees_rise_with_load_and_never_reach_zero() {
	use pallet_transaction_payment::{Multiplier, MultiplierUpdate};
	use sp_runtime::traits::{Convert, One};
	type Update = <Runtime as pallet_transaction_payment::Config>::FeeMultiplierUpdate;
	super::chain::preset("development").execute_with(|| {
		let full = limit(DispatchClass::Normal);
		System::set_block_consumed_resources(full, 0);
		assert!(Update::convert(Multiplier::one()) > Multiplier::one());
		System::set_block_consumed_resources(Weight::zero(), 0);
		assert!(Update::convert(Multiplier::one()) < Multiplier::one());
		assert_eq!(Update::convert(Update::min()), Update::min());
		assert!(Update::min() > Default::default());
	});
}
