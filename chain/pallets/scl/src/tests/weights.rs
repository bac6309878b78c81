//! What the work weighs: nothing is free, and each call has its own weight.

use crate::{
	mock::*,
	weights::{SubstrateWeight, WeightInfo},
	Call, Config, ContractCaller, ContractKind, GatekeeperRole, SectionName, Standing,
};
use frame_support::{dispatch::GetDispatchInfo, weights::Weight};

type Weights = SubstrateWeight<Test>;

#[test]
fn each_call_has_its_own_weight() {
	let (kind, section) = (ContractKind::Privacy, SectionName::default());
	let place = (region("eu-1"), kind, section);
	let register = Call::<Test>::register_contract {
		region: place.0.clone(),
		kind,
		section: place.2.clone(),
		layer: 1,
		address: 100,
	};
	let unregister = Call::unregister_contract { region: place.0.clone(), kind, section: place.2 };
	let (role, standing) = (GatekeeperRole::Main, Standing::Good);
	let calls = [
		(register, Weights::register_contract()),
		(unregister, Weights::unregister_contract()),
		(Call::register_gatekeeper { region: place.0.clone() }, Weights::register_gatekeeper()),
		(Call::leave_gatekeeper {}, Weights::leave_gatekeeper()),
		(Call::set_gatekeeper { account: 1, region: place.0, role, standing }, Weights::set_gatekeeper()),
	];
	for (call, weight) in calls {
		assert_eq!(call.get_dispatch_info().call_weight, weight, "{call:?}");
		assert!(weight.ref_time() > 0, "{call:?} is free");
	}
}

#[test]
fn a_contract_is_called_for_the_check_and_what_the_contract_may_use() {
	let gas_limit = Weight::from_parts(1_000_000, 1_000);
	let call =
		Call::<Test>::call_contract { dest: 100, value: 0, gas_limit, storage_deposit_limit: None, data: Vec::new() };
	let used = <<Test as Config>::ContractCaller as ContractCaller<_, _>>::weight(gas_limit);
	assert_eq!(call.get_dispatch_info().call_weight, Weights::call_contract().saturating_add(used));
}

#[test]
fn contracts_pay_for_what_they_ask() {
	assert!(Weights::may_call().ref_time() > 0);
	assert!(Weights::contract_of().ref_time() > 0);
}
