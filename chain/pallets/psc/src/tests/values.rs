use super::*;
use crate::{Event, StorageUse, Value, ValueName, Values, MAX_BODY_BYTES, MAX_COPIES};
use codec::Encode;
use sp_io::hashing::blake2_256;

fn put(expected: u32, text: &str, epoch: u32) -> Result<u32, Refusal> {
	Psc::put(&OWNER, b"db/password".to_vec(), expected, body(text), vec![for_readers(epoch)])
		.map(|(version, _)| version)
}

fn value() -> Value {
	Psc::value(&OWNER, b"db/password".to_vec()).expect("the value is there")
}

fn reseal(expected: u32, copies: Vec<NewCopy>) -> Result<u32, Refusal> {
	Psc::reseal(&OWNER, b"db/password".to_vec(), expected, copies).map(|(version, _)| version)
}

fn name() -> ValueName {
	b"db/password".to_vec().try_into().expect("name fits")
}

#[test]
fn a_value_keeps_its_version_and_the_digest_of_the_one_before() {
	with_readers(&[1], || {
		assert_eq!(put(0, "one", 1), Ok(1));
		let first = value();
		assert_eq!((first.version, first.previous, first.copies.len()), (1, None, 1));
		System::assert_last_event(Event::ValueStored { owner: OWNER, name: name(), version: 1 }.into());
		for expected in [0, 2] {
			assert_eq!(put(expected, "two", 1), Err(Refusal::VersionConflict));
		}
		assert_eq!(put(1, "two", 1), Ok(2));
		assert_eq!(value().previous, Some(blake2_256(&first.encode())));
	});
}

#[test]
fn a_value_is_sealed_to_current_keys_only() {
	with_readers(&[1, 2], || {
		assert_eq!(put(0, "one", 2), Err(Refusal::StaleEpoch));
		assert_eq!(put(0, "one", 1), Ok(1));
		assert_eq!(rotate(1, &[2], &[1]), Ok(2));
		assert_eq!(value().copies[0].epoch, 1);
		assert_eq!(put(1, "two", 1), Err(Refusal::StaleEpoch));
		assert_eq!(reseal(1, vec![for_readers(1)]), Err(Refusal::StaleEpoch));
		assert_eq!(reseal(1, vec![for_readers(2)]), Ok(2));
		assert_eq!((value().copies[0].epoch, value().body), (2, body("one").check().expect("fits")));
		assert_eq!(put(2, "two", 2), Ok(3));
	});
}

#[test]
fn copies_are_checked() {
	with_readers(&[], || {
		let put = |copies| Psc::put(&OWNER, b"a".to_vec(), 0, body("one"), copies).map(|(version, _)| version);
		let other = |role: &str| NewCopy { role: role.into(), ..for_readers(1) };
		assert_eq!(put(vec![]), Err(Refusal::NoCopies));
		assert_eq!(put(vec![for_readers(1), for_readers(1)]), Err(Refusal::DuplicateCopy));
		assert_eq!(put(vec![other("none")]), Err(Refusal::NoRole));
		assert_eq!(put(vec![other("No")]), Err(Refusal::InvalidName));
		assert_eq!(put(vec![NewCopy { key: vec![0; 47], ..for_readers(1) }]), Err(Refusal::InvalidSealed));
		assert_eq!(put(vec![for_readers(1); MAX_COPIES as usize + 1]), Err(Refusal::TooManyCopies));
		assert_eq!(put(vec![for_readers(1)]), Ok(1));
	});
}

#[test]
fn names_and_bodies_are_checked() {
	with_readers(&[], || {
		let put = |name: &str, body| Psc::put(&OWNER, name.into(), 0, body, vec![for_readers(1)]);
		for bad in ["", "A", "a b", &"n".repeat(65)] {
			assert_eq!(put(bad, body("")).map(|_| ()), Err(Refusal::InvalidName));
		}
		let large = NewBody::Inline(vec![0; MAX_BODY_BYTES as usize + 1]);
		assert_eq!(put("a", large).map(|_| ()), Err(Refusal::BodyTooLarge));
		assert!(put("a", NewBody::Inline(vec![0; MAX_BODY_BYTES as usize])).is_ok());
		assert!(put("b", NewBody::Artifact { digest: [1; 32], size: u64::MAX }).is_ok());
	});
}

#[test]
fn a_version_never_repeats() {
	with_readers(&[], || {
		let remove = |expected| Psc::remove(&OWNER, b"db/password".to_vec(), expected);
		assert_eq!(put(0, "one", 1), Ok(1));
		assert_eq!(remove(2), Err(Refusal::VersionConflict));
		assert!(remove(1).is_ok());
		System::assert_last_event(Event::ValueRemoved { owner: OWNER, name: name() }.into());
		assert_eq!(Psc::value(&OWNER, b"db/password".to_vec()), None);
		assert_eq!(remove(1), Err(Refusal::NoValue));
		assert_eq!(reseal(1, vec![for_readers(1)]), Err(Refusal::NoValue));
		assert_eq!(put(1, "two", 1), Err(Refusal::VersionConflict));
		assert_eq!(put(0, "two", 1), Ok(2));
		assert_eq!(value().previous, None);
		Values::<Test>::mutate(OWNER, name(), |value| {
			if let Some(value) = value {
				value.version = u32::MAX;
			}
		});
		assert_eq!(put(u32::MAX, "three", 1), Err(Refusal::Overflow));
	});
}

#[test]
fn storage_is_counted_by_what_it_holds() {
	with_readers(&[], || {
		let put = |expected, text| {
			let copies = vec![for_readers(1)];
			Psc::put(&OWNER, b"a".to_vec(), expected, body(text), copies).expect("the value is right").1
		};
		let added = put(0, "1");
		assert_eq!((added.items_added, added.items_removed, added.bytes_removed), (1, 0, 0));
		let grown = put(1, "12");
		assert_eq!((grown.bytes_added, grown.bytes_removed), (added.bytes_added + 1 + 32, added.bytes_added));
		let removed = Psc::remove(&OWNER, b"a".to_vec(), 2).expect("the value is there");
		// The name and its last version stay.
		let left = StorageUse { bytes_added: 6, items_added: 1, bytes_removed: grown.bytes_added, items_removed: 1 };
		assert_eq!(removed, left);
	});
}
