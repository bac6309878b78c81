use super::*;
use crate::{ClassName, Decision, Member, Reason};
use sp_runtime::TokenError;

fn class(name: &str) -> ClassName {
	name.as_bytes().to_vec().try_into().expect("class fits")
}

#[test]
fn a_gatekeeper_joins_its_region_against_a_collateral() {
	in_new_chain(|| {
		join(1);
		let expected = Member {
			region: region("eu-1"),
			class: None,
			state: State::Active,
			since: 1,
			seen: 1,
			report: [0; 32],
			strikes: 0,
			collateral: COLLATERAL,
			due: 1 + HEARTBEAT_TERM,
			clean: 0,
		};
		assert_eq!(Members::<Test>::get(1), Some(expected));
		assert_eq!(held(1), COLLATERAL);
		System::assert_last_event(Event::Joined { account: 1, region: region("eu-1") }.into());
		assert_noop!(Drn::join(signed(1)), Error::<Test>::AlreadyMember);
		assert_noop!(Drn::join(signed(20)), Error::<Test>::NotAGatekeeper);
		assert_noop!(Drn::join(RuntimeOrigin::root()), DispatchError::BadOrigin);
		assert_ok!(Balances::transfer_allow_death(signed(2), 3, ENDOWMENT - COLLATERAL));
		assert_noop!(Drn::join(signed(2)), TokenError::FundsUnavailable);
	});
}

#[test]
fn the_main_gatekeeper_of_the_region_classes_members() {
	in_new_chain(|| {
		join(1);
		assert_ok!(Drn::classify(signed(MAIN), 1, class("compute-large")));
		assert_eq!(Members::<Test>::get(1).and_then(|member| member.class), Some(class("compute-large")));
		System::assert_last_event(Event::Classified { account: 1, class: class("compute-large") }.into());
		for other in [1, OTHER_MAIN] {
			let result = Drn::classify(signed(other), 1, class("a"));
			assert_noop!(result, Error::<Test>::NotTheMainGatekeeper);
		}
		assert_noop!(Drn::classify(signed(MAIN), 2, class("a")), Error::<Test>::NotAMember);
		for bad in ["", "A", "a b", "-a"] {
			assert_noop!(Drn::classify(signed(MAIN), 1, class(bad)), Error::<Test>::InvalidClass);
		}
	});
}

#[test]
fn a_member_that_leaves_has_its_collateral_back_after_a_term() {
	in_new_chain(|| {
		join(1);
		assert_noop!(Drn::withdraw(signed(1)), Error::<Test>::NotLeaving);
		assert_ok!(Drn::leave(signed(1)));
		let until = 1 + UNBONDING_TERM;
		assert_eq!(state(1), Some(State::Leaving { until }));
		System::assert_last_event(Event::Leaving { account: 1, until }.into());
		assert_noop!(Drn::leave(signed(1)), Error::<Test>::NotActive);
		assert_noop!(Drn::heartbeat(signed(1), [1; 32]), Error::<Test>::NotActive);
		go_to(until - 1);
		assert_eq!(strikes(1), 0);
		assert_noop!(Drn::withdraw(signed(1)), Error::<Test>::TooEarly);
		go_to(until);
		assert_ok!(Drn::withdraw(signed(1)));
		assert_eq!((held(1), Balances::free_balance(1), state(1)), (0, ENDOWMENT, None));
		assert_noop!(Drn::withdraw(signed(1)), Error::<Test>::NotAMember);
		join(1);
	});
}

#[test]
fn an_excluded_member_loses_collateral_standing_and_way_back() {
	in_new_chain(|| {
		join(1);
		assert_noop!(Drn::exclude(signed(OTHER_MAIN), 1), Error::<Test>::NotTheMainGatekeeper);
		assert_noop!(Drn::exclude(RuntimeOrigin::none(), 1), DispatchError::BadOrigin);
		assert_noop!(Drn::exclude(signed(MAIN), 2), Error::<Test>::NotAMember);
		assert_ok!(Drn::challenge(signed(MAIN), 1));
		assert_ok!(Drn::exclude(signed(MAIN), 1));
		System::assert_has_event(Event::Excluded { account: 1, slashed: COLLATERAL }.into());
		let (decision, because) = (Decision::Excluded, Reason::Ordered { by: Some(MAIN) });
		System::assert_last_event(Event::Decided { account: 1, decision, because }.into());
		assert_eq!((held(1), Balances::free_balance(TREASURY)), (0, COLLATERAL));
		assert!(!Gatekeepers::get().contains_key(&1));
		assert_noop!(Drn::exclude(signed(MAIN), 1), Error::<Test>::NotActive);
		assert_noop!(Drn::join(signed(1)), Error::<Test>::NotAGatekeeper);
		Gatekeepers::mutate(|listed| listed.insert(1, (region("eu-1"), pallet_scl::GatekeeperRole::Client)));
		assert_noop!(Drn::join(signed(1)), Error::<Test>::AlreadyMember);
	});
}

#[test]
fn a_member_that_leaves_still_answers_for_what_it_did() {
	in_new_chain(|| {
		join(1);
		assert_ok!(Drn::leave(signed(1)));
		assert_ok!(Drn::exclude(RuntimeOrigin::root(), 1));
		assert_eq!((held(1), state(1)), (0, Some(State::Excluded)));
		assert_eq!(ruling(1), Some((Decision::Excluded, Reason::Ordered { by: None })));
		go_to(100);
		assert_noop!(Drn::withdraw(signed(1)), Error::<Test>::NotLeaving);
	});
}
