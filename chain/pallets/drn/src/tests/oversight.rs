use super::*;
use crate::{Decision, Fault, Member, Reason, Reported, REMEMBERED};
use pallet_scl::{GatekeeperRegistry, Standing};

fn report(account: u64, fault: Fault, number: u8) {
	assert_ok!(Drn::report(signed(MAIN), account, fault, [number; 32]));
}

/// A member that was reported until the rules suspended it.
fn suspended(account: u64) {
	join(account);
	for number in 1..=SUSPEND_STRIKES {
		report(account, Fault::Refused, number as u8);
	}
	assert_eq!(state(account), Some(State::Suspended));
}

fn beat(account: u64) {
	go_to(System::block_number() + HEARTBEAT_GAP);
	assert_ok!(Drn::heartbeat(signed(account), [1; 32]));
}

fn standing(account: u64) -> Option<Standing> {
	<Test as crate::Config>::Registry::standing_of(&account)
}

#[test]
fn so_many_strikes_suspend_and_the_reason_is_told() {
	in_new_chain(|| {
		suspended(1);
		assert_eq!(standing(1), Some(Standing::Suspended));
		let (strikes, limit, evidence) = (SUSPEND_STRIKES, SUSPEND_STRIKES, Some([SUSPEND_STRIKES as u8; 32]));
		let because = Reason::Strikes { fault: Fault::Refused, strikes, limit, evidence };
		let decision = Decision::Suspended;
		System::assert_last_event(Event::Decided { account: 1, decision, because: because.clone() }.into());
		assert_eq!(ruling(1), Some((decision, because)));
		assert_eq!(held(1), COLLATERAL);
		assert_noop!(Drn::leave(signed(1)), Error::<Test>::NotActive);
		let class = b"compute".to_vec().try_into().expect("class fits");
		assert_noop!(Drn::classify(signed(MAIN), 1, class), Error::<Test>::NotActive);
	});
}

#[test]
fn clean_heartbeats_readmit_and_take_a_strike_off() {
	in_new_chain(|| {
		suspended(1);
		for _ in 1..READMIT_AFTER {
			beat(1);
		}
		assert_eq!(state(1), Some(State::Suspended));
		beat(1);
		assert_eq!((state(1), strikes(1)), (Some(State::Active), SUSPEND_STRIKES - 1));
		assert_eq!(standing(1), Some(Standing::Good));
		let because = Reason::Clean { clean: READMIT_AFTER, limit: READMIT_AFTER };
		System::assert_last_event(
			Event::Decided { account: 1, decision: Decision::Readmitted, because: because.clone() }.into(),
		);
		assert_eq!(ruling(1), Some((Decision::Readmitted, because)));
	});
}

#[test]
fn a_right_answer_counts_towards_readmission_and_a_strike_starts_the_count_anew() {
	in_new_chain(|| {
		suspended(1);
		beat(1);
		report(1, Fault::Refused, 9);
		assert_eq!(Members::<Test>::get(1).map(|member| (member.clean, member.strikes)), Some((0, 3)));
		assert_ok!(Drn::challenge(signed(MAIN), 1));
		assert_ok!(Drn::respond(signed(1), [5; 32]));
		assert_ok!(Drn::judge(signed(MAIN), 1, true));
		assert_eq!((state(1), strikes(1)), (Some(State::Suspended), 3));
		beat(1);
		assert_eq!((state(1), strikes(1)), (Some(State::Active), 2));
	});
}

#[test]
fn the_silence_of_a_suspended_member_is_no_strike_and_no_way_back() {
	in_new_chain(|| {
		suspended(1);
		beat(1);
		go_to(100);
		assert_eq!((state(1), strikes(1)), (Some(State::Suspended), SUSPEND_STRIKES));
		assert_eq!(Members::<Test>::get(1).map(|member| member.clean), Some(0));
		assert_eq!((held(1), standing(1)), (COLLATERAL, Some(Standing::Suspended)));
		for _ in 0..READMIT_AFTER {
			beat(1);
		}
		assert_eq!(state(1), Some(State::Active));
	});
}

#[test]
fn whoever_comes_back_again_and_again_is_excluded_in_the_end() {
	in_new_chain(|| {
		let rules = crate::CurrentRules::<Test>::get();
		assert_ok!(Drn::set_rules(RuntimeOrigin::root(), crate::Rules { suspend_at: 1, exclude_at: 3, ..rules }));
		join(1);
		// Two faults for each way back: one strike stays of each round.
		for number in 1..=3 {
			report(1, Fault::Refused, number * 2);
			report(1, Fault::Refused, number * 2 + 1);
			if state(1) == Some(State::Excluded) {
				break;
			}
			beat(1);
			beat(1);
			assert_eq!((state(1), strikes(1)), (Some(State::Active), number.into()));
		}
		assert_eq!(state(1), Some(State::Excluded));
	});
}

#[test]
fn a_fatal_fault_excludes_at_once_by_its_evidence() {
	in_new_chain(|| {
		join(1);
		report(1, Fault::Deviates, 7);
		let because = Reason::Fatal { fault: Fault::Deviates, evidence: Some([7; 32]) };
		System::assert_last_event(
			Event::Decided { account: 1, decision: Decision::Excluded, because: because.clone() }.into(),
		);
		assert_eq!((ruling(1), held(1), standing(1)), (Some((Decision::Excluded, because)), 0, None));
		assert_noop!(Drn::report(signed(MAIN), 1, Fault::Refused, [8; 32]), Error::<Test>::NotActive);
	});
}

#[test]
fn only_the_main_gatekeeper_reports_and_only_what_the_chain_cannot_see() {
	in_new_chain(|| {
		join(1);
		for other in [1, OTHER_MAIN] {
			let result = Drn::report(signed(other), 1, Fault::Refused, [1; 32]);
			assert_noop!(result, Error::<Test>::NotTheMainGatekeeper);
		}
		assert_noop!(Drn::report(signed(MAIN), 2, Fault::Refused, [1; 32]), Error::<Test>::NotAMember);
		for fault in [Fault::Silent, Fault::Unanswered, Fault::Wrong, Fault::Unattested] {
			assert_noop!(Drn::report(signed(MAIN), 1, fault, [1; 32]), Error::<Test>::NotReportable);
		}
	});
}

#[test]
fn the_same_evidence_counts_once() {
	in_new_chain(|| {
		join(1);
		join(2);
		report(1, Fault::Refused, 1);
		report(2, Fault::Refused, 1);
		assert_noop!(Drn::report(signed(MAIN), 1, Fault::Refused, [1; 32]), Error::<Test>::AlreadyReported);
		assert_noop!(Drn::report(signed(MAIN), 1, Fault::Deviates, [1; 32]), Error::<Test>::AlreadyReported);
		assert_eq!(strikes(1), 1);
	});
}

#[test]
fn only_so_many_reports_are_remembered() {
	in_new_chain(|| {
		join(1);
		let rules = crate::CurrentRules::<Test>::get();
		let lenient = crate::Rules { suspend_at: 1_000, exclude_at: 1_000, ..rules };
		assert_ok!(Drn::set_rules(RuntimeOrigin::root(), lenient));
		for number in 0..=REMEMBERED {
			report(1, Fault::Refused, number as u8);
		}
		let known = Reported::<Test>::get(1);
		assert_eq!((known.len() as u32, known.first()), (REMEMBERED, Some(&[1; 32])));
	});
}

#[test]
fn nothing_is_kept_of_a_member_that_left() {
	in_new_chain(|| {
		suspended(1);
		beat(1);
		beat(1);
		assert_ok!(Drn::leave(signed(1)));
		go_to(System::block_number() + UNBONDING_TERM);
		assert_ok!(Drn::withdraw(signed(1)));
		assert_eq!((ruling(1), Reported::<Test>::get(1).len()), (None, 0));
	});
}

#[test]
fn the_first_heartbeat_after_a_suspension_by_the_administration_is_taken() {
	in_new_chain(|| {
		join(1);
		Suspended::mutate(|suspended| suspended.insert(1));
		beat(1);
		assert_eq!(Members::<Test>::get(1).map(|Member { state, strikes, .. }| (state, strikes)), Some((State::Active, 0)));
		assert_eq!(standing(1), Some(Standing::Suspended));
	});
}
