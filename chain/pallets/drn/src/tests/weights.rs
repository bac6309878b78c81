//! What the work weighs: nothing is free, and each call has its own weight.

use crate::{
	mock::*,
	weights::{SubstrateWeight, WeightInfo},
	Call, Fault, FirstRules,
};
use frame_support::{dispatch::GetDispatchInfo, traits::Get};

type Weights = SubstrateWeight<Test>;

#[test]
fn each_call_has_its_own_weight() {
	let (account, report) = (1, [0; 32]);
	let calls = [
		(Call::<Test>::join {}, Weights::join()),
		(Call::classify { account, class: Default::default() }, Weights::classify()),
		(Call::heartbeat { report }, Weights::heartbeat()),
		(Call::challenge { account }, Weights::challenge()),
		(Call::respond { answer: report }, Weights::respond()),
		(Call::judge { account, right: true }, Weights::judge()),
		(Call::leave {}, Weights::leave()),
		(Call::withdraw {}, Weights::withdraw()),
		(Call::exclude { account }, Weights::exclude()),
		(Call::report { account, fault: Fault::Refused, evidence: report }, Weights::report()),
		(Call::set_rules { rules: FirstRules::<Test>::get() }, Weights::set_rules()),
		(Call::bind_guard { guard: 2 }, Weights::bind_guard()),
		(Call::attest { block: 1, manifest: report, intact: true, proof: report }, Weights::attest()),
		(Call::set_manifest { account, manifest: report }, Weights::set_manifest()),
	];
	for (call, weight) in calls {
		assert_eq!(call.get_dispatch_info().call_weight, weight, "{call:?}");
		assert!(weight.ref_time() > 0, "{call:?} is free");
	}
}

#[test]
fn a_block_in_which_nothing_is_due_weighs_less_than_one_in_which_something_is() {
	assert!(Weights::next_block().ref_time() > 0);
	assert!(Weights::next_block().all_lt(Weights::miss()));
}
