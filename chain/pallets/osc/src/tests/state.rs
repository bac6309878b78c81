//! The checks of the storage find what is wrong, and a node that tries a runtime asks them.

use super::{id, OWNER};
use crate::{mock::*, Due, NextDue};
use frame_support::{assert_ok, traits::Hooks};

fn ticket() {
	assert!(Osc::submit(&OWNER, id(1), 5, [1; 32]).is_ok());
	assert_ok!(<Osc as Hooks<_>>::try_state(1));
}

#[test]
fn a_ticket_without_its_deadline_is_found() {
	new_chain().execute_with(|| {
		ticket();
		Due::<Test>::remove(5, (OWNER, id(1)));
		assert!(<Osc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_deadline_without_a_ticket_is_found() {
	new_chain().execute_with(|| {
		ticket();
		Due::<Test>::insert(5, (OWNER, id(2)), ());
		assert!(<Osc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_deadline_that_was_passed_by_is_found() {
	new_chain().execute_with(|| {
		ticket();
		NextDue::<Test>::put(6);
		assert!(<Osc as Hooks<_>>::try_state(1).is_err());
	});
}
