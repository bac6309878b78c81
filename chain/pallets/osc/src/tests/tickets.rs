use super::*;
use crate::{mock::*, Error, Event, Refusal, State, StorageUse, Ticket};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn submit(number: u8, deadline: u64, payload: u8) -> Result<Ticket<u64>, Refusal> {
	Osc::submit(&OWNER, id(number), deadline, [payload; 32]).map(|(ticket, _)| ticket)
}

#[test]
fn asking_twice_does_it_once() {
	in_new_chain(|| {
		let ticket = submit(1, 5, 7).expect("the ticket is new");
		assert_eq!(ticket, Ticket { state: State::Open, payload: [7; 32], since: 1, deadline: 5 });
		System::assert_last_event(Event::TicketSubmitted { owner: OWNER, id: id(1), deadline: 5 }.into());
		System::set_block_number(2);
		assert_eq!(submit(1, 9, 7), Ok(ticket));
		assert_eq!(submit(1, 5, 8), Err(Refusal::IdTaken));
		let again = Osc::submit(&OWNER, id(1), 5, [7; 32]).map(|(_, used)| used);
		assert_eq!(again, Ok(StorageUse::default()));
		assert!(Osc::submit(&2, id(1), 5, [8; 32]).is_ok());
	});
}

#[test]
fn a_deadline_is_ahead_and_within_reach() {
	in_new_chain(|| {
		System::set_block_number(3);
		assert_eq!(submit(1, 2, 7), Err(Refusal::BadDeadline));
		assert_eq!(submit(1, 3 + MAX_TERM + 1, 7), Err(Refusal::BadDeadline));
		assert_eq!(submit(1, u64::MAX, 7), Err(Refusal::BadDeadline));
		assert!(submit(1, 3, 7).is_ok() && submit(2, 3 + MAX_TERM, 7).is_ok());
	});
}

#[test]
fn a_ticket_is_closed_until_its_deadline() {
	in_new_chain(|| {
		for number in [1, 2] {
			submit(number, 5, 7).expect("the ticket is new");
		}
		System::set_block_number(5);
		let closed = Osc::close(&OWNER, id(1), 3).expect("is open");
		assert_eq!(closed.state, State::Closed { outcome: 3 });
		System::assert_last_event(Event::TicketClosed { owner: OWNER, id: id(1), outcome: 3 }.into());
		System::set_block_number(6);
		assert_eq!(Osc::close(&OWNER, id(1), 3), Ok(closed));
		assert_eq!(Osc::close(&OWNER, id(1), 4), Err(Refusal::AlreadyClosed));
		assert_eq!(Osc::close(&OWNER, id(2), 3), Err(Refusal::Expired));
		assert_eq!(Osc::ticket(&OWNER, &id(2)).map(|ticket| ticket.state), Some(State::Expired));
		assert_eq!(Osc::close(&OWNER, id(3), 3), Err(Refusal::NoTicket));
	});
}

#[test]
fn a_ticket_that_is_over_is_forgotten_for_what_it_cost() {
	in_new_chain(|| {
		let paid = Osc::submit(&OWNER, id(1), 5, [7; 32]).expect("the ticket is new").1;
		submit(2, 5, 7).expect("the ticket is new");
		assert_eq!(Osc::forget(&OWNER, id(1)), Err(Refusal::StillOpen));
		Osc::close(&OWNER, id(1), 0).expect("is open");
		let back =
			StorageUse { bytes_removed: paid.bytes_added, items_removed: paid.items_added, ..Default::default() };
		assert_eq!(Osc::forget(&OWNER, id(1)), Ok(back));
		assert_eq!(Osc::forget(&OWNER, id(1)), Err(Refusal::NoTicket));
		System::set_block_number(6);
		assert_eq!(Osc::forget(&OWNER, id(2)), Ok(back));
		assert!(submit(1, 6, 9).is_ok());
	});
}

#[test]
fn the_administration_clears_all_of_an_owner_and_nothing_else() {
	in_new_chain(|| {
		for number in [1, 2] {
			submit(number, 5, 7).expect("the ticket is new");
		}
		Osc::submit(&2, id(1), 5, [7; 32]).expect("the ticket is new");
		let clear = |origin, items| Osc::clear(origin, OWNER, items);
		assert_noop!(clear(RuntimeOrigin::signed(OWNER), 2), DispatchError::BadOrigin);
		assert_noop!(clear(RuntimeOrigin::root(), 1), Error::<Test>::TooManyItems);
		assert_ok!(clear(RuntimeOrigin::root(), 2));
		System::assert_last_event(Event::Cleared { owner: OWNER, items: 2 }.into());
		assert_eq!(Osc::ticket(&OWNER, &id(1)), None);
		assert!(Osc::ticket(&2, &id(1)).is_some());
	});
}
