//! The checks of the storage find what is wrong, and a node that tries a runtime asks them.

use crate::{mock::*, ContractCounts, Gatekeepers, SuspendedByRules};
use frame_support::{assert_ok, traits::Hooks};

#[test]
fn a_deposit_that_is_not_held_is_found() {
	new_chain(Vec::new()).execute_with(|| {
		assert_ok!(Scl::register_gatekeeper(RuntimeOrigin::signed(1), region("eu-1")));
		assert_ok!(<Scl as Hooks<_>>::try_state(1));
		Gatekeepers::<Test>::mutate(1, |record| record.as_mut().expect("it registered").deposit += 1);
		assert!(<Scl as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_name_that_nothing_has_is_found() {
	new_chain(Vec::new()).execute_with(|| {
		assert_ok!(<Scl as Hooks<_>>::try_state(1));
		ContractCounts::<Test>::insert(100, 1);
		assert!(<Scl as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_suspension_by_rules_of_nobody_is_found() {
	new_chain(Vec::new()).execute_with(|| {
		assert_ok!(<Scl as Hooks<_>>::try_state(1));
		SuspendedByRules::<Test>::insert(1, ());
		assert!(<Scl as Hooks<_>>::try_state(1).is_err());
	});
}
