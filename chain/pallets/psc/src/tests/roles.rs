use super::*;
use crate::{Event, Grant, Role, RoleKey, RoleKeys, RoleName, StorageUse};

fn readers() -> Vec<u8> {
	b"readers".to_vec()
}

fn readers_name() -> RoleName {
	readers().try_into().expect("name fits")
}

fn grant(epoch: u32, copy: MemberCopy<u64>) -> Result<StorageUse, Refusal> {
	Psc::grant(&OWNER, readers(), epoch, copy)
}

fn role() -> Role {
	Psc::role(&OWNER, readers()).expect("the role is there")
}

#[test]
fn a_role_begins_with_its_key_and_without_members() {
	with_readers(&[], || {
		assert_eq!(role(), Role { epoch: 1, public_key: key(2, 1), members: 0 });
		let role = readers_name();
		System::assert_last_event(Event::RoleCreated { owner: OWNER, role, public_key: key(2, 1) }.into());
		assert_eq!(Psc::create_role(&OWNER, readers(), key(2, 9)), Err(Refusal::RoleExists));
		for bad in ["", "Readers", "-a", "a/b", &"r".repeat(33)] {
			assert_eq!(Psc::create_role(&OWNER, bad.into(), key(2, 9)), Err(Refusal::InvalidName));
		}
		assert_eq!(Psc::role(&2, readers()), None);
	});
}

#[test]
fn a_public_key_is_used_once() {
	with_readers(&[], || {
		let used = [member_key(1), key(2, 1)];
		for key in used {
			assert_eq!(Psc::create_role(&OWNER, b"others".to_vec(), key), Err(Refusal::KeyReused));
			assert_eq!(Psc::enrol(&OWNER, 9, key), Err(Refusal::KeyReused));
		}
		// The same again changes nothing, a new key is taken, and the old one stays used.
		assert_eq!(Psc::enrol(&OWNER, 1, member_key(1)), Ok(StorageUse::default()));
		assert!(Psc::enrol(&OWNER, 1, key(1, 99)).is_ok());
		assert_eq!(Psc::enrol(&OWNER, 1, member_key(1)), Err(Refusal::KeyReused));
		// What another contract uses is its own.
		assert!(Psc::enrol(&2, 1, member_key(1)).is_ok());
	});
}

#[test]
fn a_role_is_given_to_members_in_its_epoch() {
	with_readers(&[1], || {
		let expected = Grant { epoch: 1, member_key: member_key(1), secret: sealed(1).try_into().expect("fits") };
		assert_eq!(Psc::grant_of(&OWNER, readers(), 1), Some(expected));
		assert_eq!(role().members, 1);
		System::assert_last_event(
			Event::RoleGranted { owner: OWNER, role: readers_name(), epoch: 1, member: 1 }.into(),
		);

		assert_eq!(Psc::grant(&OWNER, b"none".to_vec(), 1, copy(2)), Err(Refusal::NoRole));
		assert_eq!(grant(1, copy(1)), Err(Refusal::AlreadyMember));
		assert_eq!(grant(2, copy(2)), Err(Refusal::StaleEpoch));
		assert_eq!(grant(1, copy(6)), Err(Refusal::NotEnrolled));
		assert_eq!(grant(1, MemberCopy { member_key: member_key(3), ..copy(2) }), Err(Refusal::WrongMemberKey));
		for length in [0, 47, 129] {
			let copy = MemberCopy { secret: vec![0; length], ..copy(2) };
			assert_eq!(grant(1, copy), Err(Refusal::InvalidSealed));
		}
		for member in 2..=4 {
			assert!(grant(1, copy(member)).is_ok());
		}
		assert_eq!(grant(1, copy(5)), Err(Refusal::TooManyMembers));
	});
}

#[test]
fn a_member_with_a_new_key_is_given_the_role_anew() {
	with_readers(&[1], || {
		Psc::enrol(&OWNER, 1, key(1, 99)).expect("the key is new");
		assert_eq!(grant(1, copy(1)), Err(Refusal::WrongMemberKey));
		assert!(grant(1, MemberCopy { member_key: key(1, 99), ..copy(1) }).is_ok());
		assert_eq!(role().members, 1);
		assert_eq!(rotate(1, &[], &[1]), Err(Refusal::WrongMemberKey));
	});
}

#[test]
fn a_rotation_begins_an_epoch_and_leads_back_to_the_one_before() {
	with_readers(&[1, 2], || {
		assert_eq!(rotate(1, &[], &[2, 1]), Ok(2));
		assert_eq!(role(), Role { epoch: 2, public_key: key(2, 2), members: 2 });
		let newest = RoleKeys::<Test>::get(OWNER, (readers_name(), 2));
		let previous = Some(sealed(2).try_into().expect("fits"));
		assert_eq!(newest, Some(RoleKey { public_key: key(2, 2), previous }));
		let first = RoleKeys::<Test>::get(OWNER, (readers_name(), 1));
		assert_eq!(first, Some(RoleKey { public_key: key(2, 1), previous: None }));
		assert_eq!(Psc::grant_of(&OWNER, readers(), 1).map(|grant| grant.epoch), Some(2));
		let (role, epoch) = (readers_name(), 2);
		System::assert_last_event(Event::RoleRotated { owner: OWNER, role, epoch, members: 2, revoked: 0 }.into());
	});
}

#[test]
fn a_revocation_leaves_exactly_the_revoked_without_the_new_key() {
	with_readers(&[1, 2, 3], || {
		assert_eq!(rotate(1, &[2], &[1, 3]), Ok(2));
		assert_eq!(role().members, 2);
		assert_eq!(Psc::grant_of(&OWNER, readers(), 2), None);
		assert!(Psc::grant_of(&OWNER, readers(), 3).is_some_and(|grant| grant.epoch == 2));
		assert_eq!(rotate(2, &[1, 3], &[]), Ok(3));
		assert_eq!(role().members, 0);
	});
}

#[test]
fn a_rotation_with_other_copies_than_those_of_the_remaining_is_refused() {
	with_readers(&[1, 2], || {
		for (revoked, remaining, refusal) in [
			(&[][..], &[1][..], Refusal::CopiesDontMatch),
			(&[1], &[1, 2], Refusal::CopiesDontMatch),
			(&[1], &[1], Refusal::CopiesDontMatch),
			(&[], &[1, 1], Refusal::CopiesDontMatch),
			(&[1, 1], &[], Refusal::CopiesDontMatch),
			(&[3], &[1], Refusal::NotAMember),
			(&[], &[1, 3], Refusal::NotAMember),
			(&[1, 2], &[3], Refusal::CopiesDontMatch),
		] {
			assert_eq!(rotate(1, revoked, remaining), Err(refusal), "{revoked:?} {remaining:?}");
		}
		let rotate_to = |new_key| Psc::rotate(&OWNER, readers(), 1, new_key, vec![1, 2], vec![]);
		let without = NewRoleKey { previous: None, ..role_key(2) };
		assert_eq!(rotate_to(without), Err(Refusal::PreviousMissing));
		let short = NewRoleKey { previous: Some(vec![0; 47]), ..role_key(2) };
		assert_eq!(rotate_to(short), Err(Refusal::InvalidSealed));
		let old = NewRoleKey { public_key: key(2, 1), ..role_key(2) };
		assert_eq!(rotate_to(old), Err(Refusal::KeyReused));
		assert_eq!(rotate(2, &[], &[1, 2]), Err(Refusal::StaleEpoch));
		assert_eq!(role(), Role { epoch: 1, public_key: key(2, 1), members: 2 });
	});
}

#[test]
fn epochs_end() {
	with_readers(&[], || {
		crate::Roles::<Test>::mutate(OWNER, readers_name(), |role| {
			*role = Some(Role { epoch: u32::MAX, public_key: key(2, 1), members: 0 });
		});
		let result = Psc::rotate(&OWNER, readers(), u32::MAX, role_key(7), vec![], vec![]);
		assert_eq!(result, Err(Refusal::Overflow));
		crate::Roles::<Test>::insert(OWNER, readers_name(), Role { epoch: 1, public_key: key(2, 1), members: 0 });
	});
}
