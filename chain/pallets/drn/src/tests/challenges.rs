use super::*;
use crate::{Challenges, Fault};

fn challenge(account: u64) {
	assert_ok!(Drn::challenge(signed(MAIN), account));
}

#[test]
fn a_challenge_has_a_seed_of_its_own_and_a_deadline() {
	in_new_chain(|| {
		join(1);
		join(2);
		for other in [1, OTHER_MAIN] {
			assert_noop!(Drn::challenge(signed(other), 1), Error::<Test>::NotTheMainGatekeeper);
		}
		assert_noop!(Drn::challenge(signed(MAIN), 3), Error::<Test>::NotAMember);
		challenge(1);
		challenge(2);
		assert_noop!(Drn::challenge(signed(MAIN), 1), Error::<Test>::ChallengeOpen);
		let [one, two] = [1, 2].map(|account| Challenges::<Test>::get(account).expect("is challenged"));
		assert_ne!(one.seed, two.seed);
		assert_eq!((one.deadline, one.answer), (1 + CHALLENGE_TERM, None));
		let (seed, deadline) = (two.seed, two.deadline);
		System::assert_last_event(Event::Challenged { account: 2, seed, deadline }.into());
	});
}

#[test]
fn a_right_answer_clears_all_strikes() {
	in_new_chain(|| {
		join(1);
		go_to(2 + HEARTBEAT_TERM);
		assert_eq!(strikes(1), 1);
		challenge(1);
		assert_noop!(Drn::judge(signed(MAIN), 1, true), Error::<Test>::NoChallenge);
		assert_ok!(Drn::respond(signed(1), [5; 32]));
		System::assert_last_event(Event::Answered { account: 1, answer: [5; 32] }.into());
		assert_noop!(Drn::respond(signed(1), [6; 32]), Error::<Test>::NoChallenge);
		assert_noop!(Drn::judge(signed(OTHER_MAIN), 1, true), Error::<Test>::NotTheMainGatekeeper);
		assert_ok!(Drn::judge(signed(MAIN), 1, true));
		System::assert_last_event(Event::Passed { account: 1 }.into());
		assert_eq!(strikes(1), 0);
		assert_noop!(Drn::judge(signed(MAIN), 1, true), Error::<Test>::NoChallenge);
		assert_noop!(Drn::respond(signed(1), [5; 32]), Error::<Test>::NoChallenge);
	});
}

#[test]
fn wrong_answers_exclude_in_the_end() {
	in_new_chain(|| {
		join(1);
		for strike in 1..=MAX_STRIKES {
			challenge(1);
			assert_ok!(Drn::respond(signed(1), [5; 32]));
			assert_ok!(Drn::judge(signed(MAIN), 1, false));
			let (fault, evidence) = (Fault::Wrong, None);
			System::assert_has_event(Event::Struck { account: 1, fault, strikes: strike, evidence }.into());
		}
		assert_eq!(state(1), Some(State::Excluded));
		assert_noop!(Drn::challenge(signed(MAIN), 1), Error::<Test>::NotActive);
	});
}

#[test]
fn no_answer_is_a_strike() {
	in_new_chain(|| {
		join(1);
		challenge(1);
		System::set_block_number(2 + CHALLENGE_TERM);
		assert_noop!(Drn::respond(signed(1), [5; 32]), Error::<Test>::TooLate);
		go_to(2 + CHALLENGE_TERM);
		let (fault, evidence) = (Fault::Unanswered, None);
		System::assert_last_event(Event::Struck { account: 1, fault, strikes: 1, evidence }.into());
		assert_eq!(Challenges::<Test>::get(1), None);
		challenge(1);
	});
}

#[test]
fn an_answer_can_wait_for_its_judge_and_keeps_nobody() {
	in_new_chain(|| {
		join(1);
		challenge(1);
		assert_noop!(Drn::leave(signed(1)), Error::<Test>::ChallengeOpen);
		assert_ok!(Drn::respond(signed(1), [5; 32]));
		go_to(1 + HEARTBEAT_TERM);
		assert_eq!(strikes(1), 0);
		assert_ok!(Drn::leave(signed(1)));
		assert_eq!(Challenges::<Test>::get(1), None);
		assert_noop!(Drn::judge(signed(MAIN), 1, false), Error::<Test>::NotActive);
	});
}
