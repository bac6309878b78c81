use crate::{mock::*, ContractKind, Error, GatekeeperRole, Standing, WeightInfo};
use frame_support::{
	assert_ok,
	dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, GetDispatchInfo},
	weights::Weight,
};
use sp_runtime::DispatchError;

const GAS: Weight = Weight::from_parts(100, 100);

fn call(caller: u64, data: &[u8]) -> DispatchResultWithPostInfo {
	Scl::call_contract(RuntimeOrigin::signed(caller), 100, 5, GAS, Some(1), data.to_vec())
}

/// The contract that the calls go to is on the register.
fn register_contract() {
	let (kind, section) = (ContractKind::Operation, b"compute-section-1".to_vec().try_into().expect("name fits"));
	assert_ok!(Scl::register_contract(RuntimeOrigin::root(), region("eu-1"), kind, section, 2, 100));
}

fn gate() -> Weight {
	<Test as crate::Config>::WeightInfo::call_contract()
}

fn error_of(result: DispatchResultWithPostInfo) -> (DispatchError, Option<Weight>) {
	let DispatchErrorWithPostInfo { post_info, error } = result.expect_err("the call fails");
	(error, post_info.actual_weight)
}

#[test]
fn a_gatekeeper_calls_under_its_own_name() {
	in_block_one(|| {
		register_contract();
		assert_ok!(Scl::register_gatekeeper(RuntimeOrigin::signed(1), region("eu-1")));
		let info = call(1, b"data").expect("the call succeeds");
		assert_eq!(Calls::get(), [(1, 100, 5, b"data".to_vec())]);
		assert_eq!(info.actual_weight, Some(gate() + CALL_BASE + GAS_USED));
	});
}

#[test]
fn a_failed_call_keeps_its_error_and_its_weight() {
	in_block_one(|| {
		register_contract();
		assert_ok!(Scl::register_gatekeeper(RuntimeOrigin::signed(1), region("eu-1")));
		let (error, weight) = error_of(call(1, FAIL));
		assert_eq!(error, DispatchError::Other("the contract failed"));
		assert_eq!(weight, Some(gate() + CALL_BASE + GAS_USED));
	});
}

#[test]
fn nobody_else_calls_and_pays_for_the_check_alone() {
	in_block_one(|| {
		register_contract();
		Calls::set(Vec::new());
		assert_eq!(error_of(call(1, b"")), (Error::<Test>::NotAGatekeeper.into(), Some(gate())));
		for standing in [Standing::Suspended, Standing::Excluded] {
			let (eu, role) = (region("eu-1"), GatekeeperRole::Main);
			assert_ok!(Scl::set_gatekeeper(RuntimeOrigin::root(), 1, eu, role, standing));
			assert_eq!(error_of(call(1, b"")), (Error::<Test>::NotInGoodStanding.into(), Some(gate())));
		}
		let by_root = Scl::call_contract(RuntimeOrigin::root(), 100, 0, GAS, None, Vec::new());
		assert_eq!(error_of(by_root).0, DispatchError::BadOrigin);
		assert!(Calls::get().is_empty());
	});
}

#[test]
fn a_call_weighs_the_check_and_all_of_its_gas() {
	let call = crate::Call::<Test>::call_contract {
		dest: 100,
		value: 0,
		gas_limit: GAS,
		storage_deposit_limit: None,
		data: Vec::new(),
	};
	assert_eq!(call.get_dispatch_info().call_weight, gate() + CALL_BASE + GAS);
}

#[test]
fn a_contract_is_called_for_as_long_as_it_is_registered() {
	in_block_one(|| {
		Calls::set(Vec::new());
		assert_ok!(Scl::register_gatekeeper(RuntimeOrigin::signed(1), region("eu-1")));
		let refused = (Error::<Test>::NotRegistered.into(), Some(gate()));
		assert_eq!(error_of(call(1, b"")), refused);
		register_contract();
		assert_ok!(call(1, b""));
		let section = b"compute-section-1".to_vec().try_into().expect("name fits");
		let (root, eu) = (RuntimeOrigin::root(), region("eu-1"));
		assert_ok!(Scl::unregister_contract(root, eu, ContractKind::Operation, section));
		assert_eq!(error_of(call(1, b"")), refused);
		assert_eq!(Calls::get().len(), 1);
	});
}
