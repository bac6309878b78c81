//! The checks of the storage find what is wrong, and a node that tries a runtime asks them.

use super::join;
use crate::{mock::*, Bonds, CurrentRules, Due, Guards, Members, NextDue, Reported};
use frame_support::{assert_ok, traits::Hooks};

fn member() {
	join(1);
	assert_ok!(<Drn as Hooks<_>>::try_state(1));
}

#[test]
fn a_collateral_that_is_not_held_is_found() {
	new_chain().execute_with(|| {
		member();
		Members::<Test>::mutate(1, |member| member.as_mut().expect("it joined").collateral += 1);
		assert!(<Drn as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_member_without_a_deadline_is_found() {
	new_chain().execute_with(|| {
		member();
		let _ = Due::<Test>::clear(10, None);
		assert!(<Drn as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_deadline_that_was_passed_by_is_found() {
	new_chain().execute_with(|| {
		member();
		NextDue::<Test>::put(1_000_000);
		assert!(<Drn as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn rules_that_nobody_can_keep_are_found() {
	new_chain().execute_with(|| {
		member();
		CurrentRules::<Test>::mutate(|rules| rules.exclude_at = 0);
		assert!(<Drn as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_report_of_nobody_is_found() {
	new_chain().execute_with(|| {
		member();
		Reported::<Test>::insert(2, frame_support::BoundedVec::truncate_from(vec![[1; 32]]));
		assert!(<Drn as Hooks<_>>::try_state(1).is_err());
	});
}

#[test]
fn a_guard_without_a_machine_or_a_deadline_is_found() {
	let breaks: [fn(); 4] = [
		|| Guards::<Test>::insert(12, 2),
		|| Guards::<Test>::remove(11),
		|| Bonds::<Test>::mutate(1, |bond| bond.as_mut().expect("it is bound").due += 1),
		|| Bonds::<Test>::mutate(1, |bond| bond.as_mut().expect("it is bound").attested += 1),
	];
	for break_it in breaks {
		new_chain().execute_with(|| {
			member();
			assert_ok!(Drn::bind_guard(RuntimeOrigin::signed(1), 11));
			assert_ok!(<Drn as Hooks<_>>::try_state(1));
			break_it();
			assert!(<Drn as Hooks<_>>::try_state(1).is_err());
		});
	}
}
