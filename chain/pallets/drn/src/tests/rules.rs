use super::*;
use crate::{CurrentRules, Decision, Fault, FirstRules, Reason, Rules, MOST_CLEAN, MOST_STRIKES};
use frame_support::{traits::Get, BoundedVec};

fn set(change: impl FnOnce(&mut Rules<u64>)) -> frame_support::dispatch::DispatchResult {
	let mut rules = CurrentRules::<Test>::get();
	change(&mut rules);
	Drn::set_rules(RuntimeOrigin::root(), rules)
}

#[test]
fn the_first_rules_are_the_configured_ones() {
	in_new_chain(|| {
		let expected = Rules {
			heartbeat_term: HEARTBEAT_TERM,
			suspend_at: SUSPEND_STRIKES,
			exclude_at: MAX_STRIKES,
			readmit_after: READMIT_AFTER,
			fatal: BoundedVec::truncate_from(vec![Fault::Deviates]),
			attest_term: ATTEST_TERM,
		};
		assert_eq!(CurrentRules::<Test>::get(), expected);
	});
}

#[test]
fn the_administration_sets_rules_that_can_be_kept() {
	in_new_chain(|| {
		let rules: Rules<u64> = FirstRules::<Test>::get();
		for origin in [signed(MAIN), RuntimeOrigin::none()] {
			assert_noop!(Drn::set_rules(origin, rules.clone()), DispatchError::BadOrigin);
		}
		let bad: [fn(&mut Rules<u64>); 9] = [
			|rules| rules.heartbeat_term = HEARTBEAT_GAP,
			|rules| rules.heartbeat_term = UNBONDING_TERM + 1,
			|rules| rules.attest_term = HEARTBEAT_GAP,
			|rules| rules.attest_term = UNBONDING_TERM + 1,
			|rules| rules.suspend_at = 0,
			|rules| rules.suspend_at = rules.exclude_at + 1,
			|rules| rules.exclude_at = MOST_STRIKES + 1,
			|rules| rules.readmit_after = 0,
			|rules| rules.readmit_after = MOST_CLEAN + 1,
		];
		for change in bad {
			assert_noop!(set(change), Error::<Test>::InvalidRules);
		}
		assert_ok!(set(|rules| rules.readmit_after = 9));
		System::assert_last_event(Event::RulesSet { rules: Rules { readmit_after: 9, ..rules } }.into());
		assert_eq!(CurrentRules::<Test>::get().readmit_after, 9);
	});
}

#[test]
fn another_term_holds_from_the_next_heartbeat_on() {
	in_new_chain(|| {
		join(1);
		assert_ok!(set(|rules| rules.heartbeat_term = 9));
		go_to(2 + HEARTBEAT_TERM);
		assert_eq!(strikes(1), 1);
		go_to(2 + HEARTBEAT_TERM + 9);
		assert_eq!(strikes(1), 1);
		assert_ok!(set(|rules| rules.heartbeat_term = 3));
		assert_ok!(Drn::heartbeat(signed(1), [1; 32]));
		go_to(3 + HEARTBEAT_TERM + 9 + 3);
		assert_eq!(strikes(1), 2);
	});
}

#[test]
fn rules_may_suspend_nobody() {
	in_new_chain(|| {
		join(1);
		assert_ok!(set(|rules| rules.exclude_at = rules.suspend_at));
		for number in 1..=SUSPEND_STRIKES {
			assert_ok!(Drn::report(signed(MAIN), 1, Fault::Refused, [number as u8; 32]));
		}
		let (strikes, limit, evidence) = (SUSPEND_STRIKES, SUSPEND_STRIKES, Some([SUSPEND_STRIKES as u8; 32]));
		let because = Reason::Strikes { fault: Fault::Refused, strikes, limit, evidence };
		assert_eq!(ruling(1), Some((Decision::Excluded, because)));
	});
}

#[test]
fn stricter_rules_decide_at_the_next_strike() {
	in_new_chain(|| {
		join(1);
		assert_ok!(Drn::report(signed(MAIN), 1, Fault::Refused, [1; 32]));
		assert_ok!(set(|rules| (rules.suspend_at, rules.exclude_at) = (1, 1)));
		assert_eq!(state(1), Some(State::Active));
		assert_ok!(Drn::report(signed(MAIN), 1, Fault::Refused, [2; 32]));
		assert_eq!(state(1), Some(State::Excluded));
	});
}
