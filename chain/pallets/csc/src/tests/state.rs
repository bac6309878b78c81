//! The checks of the storage find what is wrong, and a node that tries a runtime asks them.

use super::{key, set};
use crate::{mock::*, Indexes, Sections};
use frame_support::{assert_ok, traits::Hooks};

fn section() {
	assert!(Csc::open(&1).is_ok());
	assert!(Csc::apply(&1, 0, vec![set("a", "1"), set("b", "2")]).is_ok());
	assert_ok!(<Csc as Hooks<_>>::try_state(1));
}

#[test]
fn a_count_that_differs_is_found() {
	new_chain().execute_with(|| {
		section();
		Sections::<Test>::mutate(1, |head| head.as_mut().expect("the section is open").count = 3);
		assert!(<Csc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_missing_entry_is_found() {
	new_chain().execute_with(|| {
		section();
		crate::Entries::<Test>::remove(1, key("a"));
		assert!(<Csc as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn an_index_without_a_section_is_found() {
	new_chain().execute_with(|| {
		section();
		Indexes::<Test>::insert(2, Indexes::<Test>::get(3));
		assert!(<Csc as Hooks<_>>::try_state(1).is_err());
	});
}
