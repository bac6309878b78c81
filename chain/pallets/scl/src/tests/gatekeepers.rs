use crate::{
	mock::*, Error, Event, GatekeeperRecord, GatekeeperRegistry, GatekeeperRole, Gatekeepers, HoldReason, Standing,
};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use sp_runtime::{DispatchError, TokenError};

use GatekeeperRole::{Client, Main};

fn set(account: u64, role: GatekeeperRole, standing: Standing) {
	assert_ok!(Scl::set_gatekeeper(RuntimeOrigin::root(), account, region("eu-1"), role, standing));
}

fn register(account: u64) {
	assert_ok!(Scl::register_gatekeeper(RuntimeOrigin::signed(account), region("eu-1")));
}

fn held(account: u64) -> u64 {
	Balances::balance_on_hold(&HoldReason::GatekeeperDeposit.into(), &account)
}

#[test]
fn an_account_registers_itself_as_a_client_against_a_deposit() {
	in_block_one(|| {
		System::set_block_number(5);
		register(1);
		let (role, standing) = (Client, Standing::Good);
		let expected = GatekeeperRecord { region: region("eu-1"), role, standing, since: 5, deposit: DEPOSIT };
		assert_eq!(Gatekeepers::<Test>::get(1), Some(expected));
		assert_eq!((held(1), Balances::free_balance(1)), (DEPOSIT, ENDOWMENT - DEPOSIT));
		System::assert_last_event(Event::GatekeeperSet { account: 1, region: region("eu-1"), role, standing }.into());
		assert!(Scl::is_gatekeeper(&1) && Scl::may_call(&1));
		assert_eq!(<Scl as GatekeeperRegistry<u64>>::region_of(&1), Some(region("eu-1")));
	});
}

#[test]
fn registering_fails_without_a_region_a_deposit_or_twice() {
	in_block_one(|| {
		let register = |account, name| Scl::register_gatekeeper(RuntimeOrigin::signed(account), region(name));
		assert_noop!(register(1, "EU"), Error::<Test>::InvalidRegion);
		assert_noop!(register(20, "eu-1"), TokenError::FundsUnavailable);
		assert_ok!(register(1, "eu-1"));
		assert_noop!(register(1, "eu-2"), Error::<Test>::AlreadyGatekeeper);
		for origin in [RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Scl::register_gatekeeper(origin, region("eu-1")), DispatchError::BadOrigin);
		}
	});
}

#[test]
fn leaving_gives_the_deposit_back() {
	in_block_one(|| {
		let leave = || Scl::leave_gatekeeper(RuntimeOrigin::signed(1));
		assert_noop!(leave(), Error::<Test>::NotAGatekeeper);
		register(1);
		assert_ok!(leave());
		System::assert_last_event(Event::GatekeeperLeft { account: 1, region: region("eu-1") }.into());
		assert_eq!((held(1), Balances::free_balance(1)), (0, ENDOWMENT));
		assert!(!Scl::may_call(&1));
		register(1);
	});
}

#[test]
fn whoever_has_promised_something_elsewhere_stays() {
	in_block_one(|| {
		register(1);
		Promised::set(vec![1]);
		assert_noop!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)), Error::<Test>::StillBound);
		Promised::set(Vec::new());
		assert_ok!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)));
	});
}

#[test]
fn a_suspended_gatekeeper_waits_and_an_excluded_one_is_out() {
	in_block_one(|| {
		register(1);
		set(1, Client, Standing::Suspended);
		assert!(!Scl::is_gatekeeper(&1));
		assert_noop!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)), Error::<Test>::NotInGoodStanding);
		assert_eq!(held(1), DEPOSIT);
		set(1, Client, Standing::Good);
		assert!(Scl::is_gatekeeper(&1));

		set(1, Client, Standing::Excluded);
		assert_eq!((held(1), Balances::free_balance(1)), (0, ENDOWMENT - DEPOSIT));
		assert_eq!(Balances::free_balance(TREASURY), DEPOSIT);
		System::assert_has_event(
			Event::GatekeeperExcluded { account: 1, region: region("eu-1"), slashed: DEPOSIT }.into(),
		);
		assert_noop!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)), Error::<Test>::NotInGoodStanding);
		assert_noop!(
			Scl::register_gatekeeper(RuntimeOrigin::signed(1), region("eu-1")),
			Error::<Test>::AlreadyGatekeeper
		);
	});
}

#[test]
fn the_administration_takes_an_excluded_gatekeeper_back_without_its_deposit() {
	in_block_one(|| {
		register(1);
		set(1, Client, Standing::Excluded);
		set(1, Client, Standing::Good);
		assert_eq!(Gatekeepers::<Test>::get(1).map(|record| record.deposit), Some(0));
		assert_ok!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)));
		assert_eq!(Balances::free_balance(1), ENDOWMENT - DEPOSIT);
	});
}

#[test]
fn only_the_administration_sets_gatekeepers() {
	in_block_one(|| {
		let set = |origin, name| Scl::set_gatekeeper(origin, 1, region(name), Main, Standing::Good);
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::none()] {
			assert_noop!(set(origin, "eu-1"), DispatchError::BadOrigin);
		}
		assert_noop!(set(RuntimeOrigin::root(), "eu_1"), Error::<Test>::InvalidRegion);
		assert_ok!(set(RuntimeOrigin::root(), "eu-1"));
		assert!(Scl::is_main(&1, &region("eu-1")) && !Scl::is_main(&1, &region("eu-2")));
		assert_eq!(held(1), 0);
	});
}

#[test]
fn other_pallets_exclude_once() {
	in_block_one(|| {
		register(1);
		<Scl as GatekeeperRegistry<u64>>::exclude(&1);
		<Scl as GatekeeperRegistry<u64>>::exclude(&1);
		<Scl as GatekeeperRegistry<u64>>::exclude(&2);
		assert_eq!(Gatekeepers::<Test>::get(1).map(|record| record.standing), Some(Standing::Excluded));
		assert_eq!(Gatekeepers::<Test>::get(2), None);
		assert_eq!(Balances::free_balance(TREASURY), DEPOSIT);
		assert_eq!(<Scl as GatekeeperRegistry<u64>>::region_of(&1), None);
		assert!(!Scl::is_main(&1, &region("eu-1")));
	});
}

#[test]
fn the_rules_suspend_and_readmit_and_keep_the_deposit() {
	in_block_one(|| {
		register(1);
		let role = Client;
		<Scl as GatekeeperRegistry<u64>>::suspend(&1);
		let standing = Standing::Suspended;
		System::assert_last_event(Event::GatekeeperSet { account: 1, region: region("eu-1"), role, standing }.into());
		assert_eq!(<Scl as GatekeeperRegistry<u64>>::standing_of(&1), Some(Standing::Suspended));
		assert_eq!((held(1), Scl::may_call(&1)), (DEPOSIT, false));
		assert_noop!(Scl::leave_gatekeeper(RuntimeOrigin::signed(1)), Error::<Test>::NotInGoodStanding);
		<Scl as GatekeeperRegistry<u64>>::readmit(&1);
		let standing = Standing::Good;
		System::assert_last_event(Event::GatekeeperSet { account: 1, region: region("eu-1"), role, standing }.into());
		assert!(Scl::may_call(&1));
	});
}

#[test]
fn the_rules_lift_no_suspension_of_the_administration() {
	in_block_one(|| {
		register(1);
		set(1, Client, Standing::Suspended);
		<Scl as GatekeeperRegistry<u64>>::suspend(&1);
		<Scl as GatekeeperRegistry<u64>>::readmit(&1);
		assert!(!Scl::may_call(&1));
		set(1, Client, Standing::Good);
		<Scl as GatekeeperRegistry<u64>>::suspend(&1);
		set(1, Client, Standing::Suspended);
		<Scl as GatekeeperRegistry<u64>>::readmit(&1);
		assert!(!Scl::may_call(&1));
		<Scl as GatekeeperRegistry<u64>>::exclude(&1);
		<Scl as GatekeeperRegistry<u64>>::readmit(&1);
		<Scl as GatekeeperRegistry<u64>>::suspend(&2);
		assert_eq!(<Scl as GatekeeperRegistry<u64>>::standing_of(&1), Some(Standing::Excluded));
		assert_eq!(<Scl as GatekeeperRegistry<u64>>::standing_of(&2), None);
	});
}

#[test]
fn a_genesis_enters_gatekeepers() {
	new_chain(vec![(1, "local".into(), Main), (2, "local".into(), Client)]).execute_with(|| {
		assert!(Scl::is_main(&1, &region("local")) && !Scl::is_main(&2, &region("local")));
		assert!(Scl::is_gatekeeper(&2));
		Scl::check_state().expect("the pallet's storage is sound");
	});
}

#[test]
#[should_panic(expected = "is no name of a region")]
fn a_genesis_with_a_wrong_region_is_refused() {
	new_chain(vec![(1, "Local".into(), Main)]);
}
