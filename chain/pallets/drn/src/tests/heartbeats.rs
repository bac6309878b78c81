use super::*;
use crate::{Fault, NextDue, WeightInfo};
use frame_support::{dispatch::Pays, traits::Hooks, weights::Weight};

#[test]
fn a_heartbeat_is_free_and_noted() {
	in_new_chain(|| {
		join(1);
		assert_noop!(Drn::heartbeat(signed(1), [1; 32]), Error::<Test>::TooEarly);
		go_to(1 + HEARTBEAT_GAP);
		let info = Drn::heartbeat(signed(1), [1; 32]).expect("is in time");
		assert_eq!(info.pays_fee, Pays::No);
		System::assert_last_event(Event::Heartbeat { account: 1, report: [1; 32] }.into());
		let member = Members::<Test>::get(1).expect("is a member");
		assert_eq!((member.seen, member.report), (1 + HEARTBEAT_GAP, [1; 32]));
		assert_noop!(Drn::heartbeat(signed(2), [1; 32]), Error::<Test>::NotAMember);
		Gatekeepers::mutate(|listed| listed.remove(&1));
		go_to(5);
		assert_noop!(Drn::heartbeat(signed(1), [1; 32]), Error::<Test>::NotAGatekeeper);
	});
}

#[test]
fn whoever_is_heard_of_is_never_struck() {
	in_new_chain(|| {
		join(1);
		for block in (1..100).step_by(HEARTBEAT_TERM as usize).skip(1) {
			go_to(block);
			assert_ok!(Drn::heartbeat(signed(1), [1; 32]));
		}
		assert_eq!(strikes(1), 0);
	});
}

#[test]
fn silence_is_struck_once_a_term_and_suspends_in_the_end() {
	in_new_chain(|| {
		join(1);
		go_to(1 + HEARTBEAT_TERM);
		assert_eq!(strikes(1), 0);
		let mut block = 1;
		for strike in 1..=SUSPEND_STRIKES {
			block += HEARTBEAT_TERM + 1;
			go_to(block);
			assert_eq!(strikes(1), strike);
			let (fault, evidence) = (Fault::Silent, None);
			System::assert_has_event(Event::Struck { account: 1, fault, strikes: strike, evidence }.into());
		}
		assert_eq!((state(1), held(1)), (Some(State::Suspended), COLLATERAL));
		go_to(1_000);
		assert_eq!((state(1), strikes(1)), (Some(State::Suspended), SUSPEND_STRIKES));
	});
}

#[test]
fn a_heartbeat_counts_until_the_block_that_would_strike() {
	in_new_chain(|| {
		join(1);
		System::set_block_number(20);
		assert_ok!(Drn::heartbeat(signed(1), [1; 32]));
		go_to(20);
		assert_eq!(strikes(1), 0);
	});
}

#[test]
fn a_block_without_time_leaves_the_rest_to_the_next() {
	in_new_chain(|| {
		for account in 1..=3 {
			join(account);
		}
		type Weights = <Test as crate::Config>::WeightInfo;
		System::set_block_number(20);
		assert_eq!(Drn::on_idle(20, Weight::zero()), Weight::zero());
		let blocks = HEARTBEAT_TERM + 1;
		let two = Weights::next_block().saturating_mul(blocks) + Weights::miss() + Weights::miss();
		assert_eq!(Drn::on_idle(20, two), two);
		assert_eq!((1..=3).map(strikes).sum::<u32>(), 2);
		assert_eq!(NextDue::<Test>::get(), Some(1 + HEARTBEAT_TERM));
		go_to(20);
		assert_eq!((1..=3).map(strikes).sum::<u32>(), 3);
		assert_eq!(NextDue::<Test>::get(), Some(20));
	});
}

#[test]
fn without_members_there_is_nothing_to_do() {
	in_new_chain(|| {
		go_to(1_000_000);
		assert_eq!(NextDue::<Test>::get(), None);
	});
}
