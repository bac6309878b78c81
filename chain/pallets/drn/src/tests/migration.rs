use super::*;
use crate::{
	migrations::{OldMember, OldRules, V1ToV2, V2ToV3},
	BalanceOf, CurrentRules, Due, Member, NextDue, Pallet, Rules, Wait,
};
use frame_support::{
	storage::unhashed,
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
};

type Old = OldMember<BalanceOf<Test>, u64>;

/// The storage of the release before: a member that was heard of in block 5, and one that leaves.
fn version_1() {
	for account in [1, 2] {
		join(account);
	}
	assert_ok!(Drn::leave(signed(2)));
	go_to(5);
	assert_ok!(Drn::heartbeat(signed(1), [3; 32]));
	for account in [1, 2] {
		let Member { region, class, state, since, seen, report, strikes, collateral, .. } =
			Members::<Test>::get(account).expect("it joined");
		let old = Old { region, class, state, since, seen, report, strikes, collateral };
		unhashed::put(&Members::<Test>::hashed_key_for(account), &old);
	}
	StorageVersion::new(1).put::<Pallet<Test>>();
}

#[test]
fn version_2_keeps_each_members_deadline() {
	in_new_chain(|| {
		version_1();
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!(Drn::on_chain_storage_version(), 2);
		let member = Members::<Test>::get(1).expect("is a member");
		assert_eq!((member.due, member.clean, member.report), (5 + HEARTBEAT_TERM, 0, [3; 32]));
		assert!(Due::<Test>::contains_key(member.due, (1, Wait::Heartbeat)));
		assert_eq!(state(2), Some(State::Leaving { until: 1 + UNBONDING_TERM }));
		V1ToV2::<Test>::on_runtime_upgrade();
		assert_eq!(Members::<Test>::get(1), Some(member));
		go_to(6 + HEARTBEAT_TERM);
		assert_eq!(strikes(1), 1);
		assert!(NextDue::<Test>::get().is_some());
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn a_node_that_tries_the_migration_sees_what_it_must_keep() {
	in_new_chain(|| {
		version_1();
		assert_ok!(V1ToV2::<Test>::try_on_runtime_upgrade(true));
	});
	new_chain().execute_with(|| {
		version_1();
		let _ = Due::<Test>::clear(10, None);
		assert!(V1ToV2::<Test>::try_on_runtime_upgrade(true).is_err());
	});
}

/// Rules that the release before has set.
fn version_2() {
	let Rules { heartbeat_term, suspend_at, exclude_at, fatal, .. } = CurrentRules::<Test>::get();
	let old = OldRules { heartbeat_term, suspend_at, exclude_at, readmit_after: 9, fatal };
	unhashed::put(&CurrentRules::<Test>::hashed_key(), &old);
	StorageVersion::new(2).put::<Pallet<Test>>();
}

#[test]
fn version_3_adds_the_term_of_attestations_to_the_rules() {
	in_new_chain(|| {
		version_2();
		V2ToV3::<Test>::on_runtime_upgrade();
		assert_eq!(Drn::on_chain_storage_version(), 3);
		let rules = CurrentRules::<Test>::get();
		assert_eq!((rules.readmit_after, rules.attest_term), (9, ATTEST_TERM));
	});
	in_new_chain(|| {
		StorageVersion::new(2).put::<Pallet<Test>>();
		V2ToV3::<Test>::on_runtime_upgrade();
		assert!(!CurrentRules::<Test>::exists(), "rules that nobody has set stay the first ones");
	});
}

#[cfg(feature = "try-runtime")]
#[test]
fn a_node_that_tries_the_migration_of_the_rules_sees_that_none_is_lost() {
	in_new_chain(|| {
		version_2();
		assert_ok!(V2ToV3::<Test>::try_on_runtime_upgrade(true));
	});
}
