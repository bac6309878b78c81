use super::*;
use crate::{mock::*, Due, Event, NextDue, State, Tickets, WeightInfo};
use frame_support::{traits::Hooks, weights::Weight};

fn on_idle(block: u64, weight: Weight) -> Weight {
	System::set_block_number(block);
	Osc::on_idle(block, weight)
}

fn expire() -> Weight {
	<Test as crate::Config>::WeightInfo::expire()
}

fn next_block() -> Weight {
	<Test as crate::Config>::WeightInfo::next_block()
}

fn stored(number: u8) -> Option<State> {
	Tickets::<Test>::get(OWNER, id(number)).map(|ticket| ticket.state)
}

#[test]
fn what_is_over_expires_and_what_is_not_stays() {
	in_new_chain(|| {
		for (number, deadline) in [(1, 3), (2, 3), (3, 4)] {
			Osc::submit(&OWNER, id(number), deadline, [0; 32]).expect("the ticket is new");
		}
		Osc::close(&OWNER, id(2), 0).expect("is open");
		on_idle(3, Weight::MAX);
		assert_eq!(stored(1), Some(State::Open));
		on_idle(4, Weight::MAX);
		assert_eq!([1, 2, 3].map(stored), [State::Expired, State::Closed { outcome: 0 }, State::Open].map(Some));
		System::assert_last_event(Event::TicketExpired { owner: OWNER, id: id(1) }.into());
		assert_eq!(NextDue::<Test>::get(), Some(4));
	});
}

#[test]
fn a_block_without_time_leaves_the_rest_to_the_next() {
	in_new_chain(|| {
		for number in 1..=3 {
			Osc::submit(&OWNER, id(number), 1, [0; 32]).expect("the ticket is new");
		}
		assert_eq!(on_idle(5, Weight::zero()), Weight::zero());
		let two = next_block() + expire() + expire();
		assert_eq!(on_idle(5, two), two);
		assert_eq!((Due::<Test>::iter().count(), NextDue::<Test>::get()), (1, Some(1)));
		on_idle(5, Weight::MAX);
		assert_eq!((Due::<Test>::iter().count(), NextDue::<Test>::get()), (0, Some(5)));
	});
}

#[test]
fn without_tickets_there_is_nothing_to_do() {
	in_new_chain(|| {
		assert_eq!(on_idle(1_000_000, Weight::MAX), next_block());
		assert_eq!(NextDue::<Test>::get(), None);
	});
}
