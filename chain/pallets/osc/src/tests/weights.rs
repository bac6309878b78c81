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
	let kept = [Weights::submit(), Weights::close(), Weights::forget(), Weights::ticket()];
	let swept = [Weights::expire(), Weights::next_block(), Weights::clear(0)];
	assert!(kept.into_iter().chain(swept).all(|weight| weight.ref_time() > 0));
}

#[test]
fn tickets_are_cleared_for_as_many_as_the_call_says() {
	let call = |items| Call::<Test>::clear { owner: 1, items };
	assert_eq!(call(7).get_dispatch_info().call_weight, Weights::clear(7));
}

proptest! {
	#[test]
	fn more_tickets_never_weigh_less(one: u32, other: u32) {
		prop_assert!(Weights::clear(one.min(other)).all_lte(Weights::clear(one.max(other))));
	}
}
