use super::*;
use crate::{
	migrations::{OldMember, V1ToV2},
	BalanceOf, Due, Member, NextDue, Pallet, Wait,
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
