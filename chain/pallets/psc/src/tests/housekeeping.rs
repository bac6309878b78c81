use super::*;
use crate::{Error, Event, Members, UsedKeys, Values};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;

#[test]
fn the_administration_clears_all_of_an_owner_and_nothing_else() {
	with_readers(&[1, 2], || {
		Psc::put(&OWNER, b"a".to_vec(), 0, body("one"), vec![for_readers(1)]).expect("the value is right");
		Psc::put(&OWNER, b"b".to_vec(), 0, body("one"), vec![for_readers(1)]).expect("the value is right");
		Psc::remove(&OWNER, b"b".to_vec(), 1).expect("the value is there");
		Psc::enrol(&2, 1, member_key(1)).expect("the key is new");

		// Members, a role, its key, the keys used, grants, a value and a last version.
		let items = 5 + 1 + 1 + 6 + 2 + 1 + 1;
		let clear = |origin, items| Psc::clear(origin, OWNER, items);
		assert_noop!(clear(RuntimeOrigin::signed(OWNER), items), DispatchError::BadOrigin);
		assert_noop!(clear(RuntimeOrigin::root(), items - 1), Error::<Test>::TooManyItems);
		assert_ok!(clear(RuntimeOrigin::root(), items));
		System::assert_last_event(Event::Cleared { owner: OWNER, items }.into());
		assert_eq!(Values::<Test>::iter().count() + UsedKeys::<Test>::iter_prefix(OWNER).count(), 0);
		assert_eq!(Members::<Test>::get(2, 1), Some(member_key(1)));
	});
}
