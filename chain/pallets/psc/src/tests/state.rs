//! The checks of the storage find what is wrong, and a node that tries a runtime asks them.

use super::{key, member_key, OWNER};
use crate::{mock::*, Members, UsedKeys};
use frame_support::{assert_ok, traits::Hooks};

#[test]
fn a_key_that_was_not_noted_is_found() {
	new_chain().execute_with(|| {
		assert!(Psc::enrol(&OWNER, 2, member_key(2)).is_ok());
		assert_ok!(<Psc as Hooks<_>>::try_state(1));
		UsedKeys::<Test>::remove(OWNER, member_key(2));
		assert!(<Psc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_role_whose_key_is_not_its_newest_is_found() {
	new_chain().execute_with(|| {
		assert!(Psc::create_role(&OWNER, b"readers".to_vec(), key(2, 1)).is_ok());
		assert_ok!(<Psc as Hooks<_>>::try_state(1));
		crate::Roles::<Test>::translate_values(|role: crate::Role| Some(crate::Role { public_key: key(2, 9), ..role }));
		assert!(<Psc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_member_that_came_from_nowhere_is_found() {
	new_chain().execute_with(|| {
		Members::<Test>::insert(OWNER, 3, member_key(3));
		assert!(<Psc as Hooks<_>>::try_state(1).is_err());
	});
}
