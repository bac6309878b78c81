//! What the work weighs: nothing is free, more never weighs less, and calls are weighed by what they say.

use crate::{
	mock::*,
	weights::{SubstrateWeight, WeightInfo},
	Call,
};
use frame_support::dispatch::GetDispatchInfo;
use proptest::prelude::*;

type Weights = SubstrateWeight<Test>;

#[test]
fn nothing_is_free() {
	let changes = [Weights::enrol(), Weights::create_role(), Weights::grant(), Weights::rotate(0), Weights::put(0)];
	let reads = [Weights::get(), Weights::role(), Weights::grant_of()];
	let removals = [Weights::remove(), Weights::clear(0)];
	assert!(changes.into_iter().chain(reads).chain(removals).all(|weight| weight.ref_time() > 0));
}

#[test]
fn items_are_cleared_for_as_many_as_the_call_says() {
	let call = |items| Call::<Test>::clear { owner: 1, items };
	assert_eq!(call(7).get_dispatch_info().call_weight, Weights::clear(7));
}

proptest! {
	#[test]
	fn more_work_never_weighs_less(one: u32, other: u32) {
		let (least, most) = (one.min(other), one.max(other));
		prop_assert!(Weights::rotate(least).all_lte(Weights::rotate(most)));
		prop_assert!(Weights::put(least).all_lte(Weights::put(most)));
		prop_assert!(Weights::clear(least).all_lte(Weights::clear(most)));
	}
}
