use super::{key, set};
use crate::{
	changes::{Change, NewValue},
	mock::*,
	Error, Event, Indexes, MAX_PAGE,
};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

fn with_keys(owner: u64, count: u32) {
	Csc::open(&owner).expect("is not open");
	let changes = (0..count).map(|number| set(&format!("{number:04}"), "value")).collect();
	assert_ok!(Csc::apply(&owner, 0, changes));
}

#[test]
fn keys_come_in_byte_order_and_in_pages() {
	in_new_chain(|| {
		with_keys(1, 300);
		assert_eq!(Csc::keys(&1, 0, 2), [key("0000"), key("0001")]);
		assert_eq!(Csc::keys(&1, 298, 10), [key("0298"), key("0299")]);
		assert_eq!(Csc::keys(&1, 0, u32::MAX).len(), MAX_PAGE as usize);
		assert!(Csc::keys(&1, u32::MAX, 1).is_empty());
		assert!(Csc::keys(&2, 0, 1).is_empty());
	});
}

#[test]
fn several_entries_come_in_the_order_they_are_asked_for() {
	in_new_chain(|| {
		with_keys(1, 3);
		let found = Csc::get_many(&1, &[key("0002"), key("none"), key("0000")]);
		assert_eq!(found, [Csc::get(&1, &key("0002")), None, Csc::get(&1, &key("0000"))]);
	});
}

#[test]
fn an_answer_that_would_be_too_large_ends_early() {
	in_new_chain(|| {
		Csc::open(&1).expect("is not open");
		let large = |number: u32| Change::Set {
			key: number.to_string().into_bytes(),
			value: NewValue::Inline(vec![0; 15 * 1024]),
			media_type: b"a".to_vec(),
		};
		assert_ok!(Csc::apply(&1, 0, (0..20).map(large).collect()));
		let keys: Vec<_> = (0..20).map(|number: u32| key(&number.to_string())).collect();
		assert_eq!(Csc::get_many(&1, &keys).len(), 12);
	});
}

#[test]
fn sections_are_apart_by_owner() {
	in_new_chain(|| {
		with_keys(1, 1);
		with_keys(2, 2);
		assert_eq!(Csc::get(&1, &key("0001")), None);
		assert!(Csc::get(&2, &key("0001")).is_some());
	});
}

#[test]
fn the_administration_closes_a_section_with_all_that_is_in_it() {
	in_new_chain(|| {
		with_keys(1, 3);
		with_keys(2, 2);
		let close = |origin, keys| Csc::close_section(origin, 1, keys);
		assert_noop!(close(RuntimeOrigin::signed(1), 3), DispatchError::BadOrigin);
		assert_noop!(close(RuntimeOrigin::root(), 2), Error::<Test>::TooManyKeys);
		assert_ok!(close(RuntimeOrigin::root(), 3));
		System::assert_last_event(Event::SectionClosed { owner: 1 }.into());
		assert_noop!(close(RuntimeOrigin::root(), 3), Error::<Test>::NoSection);
		assert_eq!((Csc::head(&1), Csc::get(&1, &key("0000")), Indexes::<Test>::get(1).len()), (None, None, 0));
		assert_eq!(Csc::head(&2).map(|head| head.count), Some(2));
	});
}
