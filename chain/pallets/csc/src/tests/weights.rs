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
	let single = [Weights::open(), Weights::head(), Weights::get()];
	let least = [Weights::keys(0), Weights::decode(0, 0), Weights::apply(0, 0), Weights::close_section(0)];
	assert!(single.into_iter().chain(least).all(|weight| weight.ref_time() > 0));
}

#[test]
fn a_section_is_closed_for_as_many_keys_as_the_call_says() {
	let call = |keys| Call::<Test>::close_section { owner: 1, keys };
	assert_eq!(call(7).get_dispatch_info().call_weight, Weights::close_section(7));
}

proptest! {
	#[test]
	fn more_work_never_weighs_less(keys: (u32, u32), changes: (u32, u32), bytes: (u32, u32)) {
		let least = |(one, other): (u32, u32)| one.min(other);
		let most = |(one, other): (u32, u32)| one.max(other);
		prop_assert!(Weights::keys(least(keys)).all_lte(Weights::keys(most(keys))));
		prop_assert!(Weights::close_section(least(keys)).all_lte(Weights::close_section(most(keys))));
		prop_assert!(Weights::decode(least(changes), least(bytes)).all_lte(Weights::decode(most(changes), most(bytes))));
		prop_assert!(Weights::apply(least(changes), least(keys)).all_lte(Weights::apply(most(changes), most(keys))));
	}
}
