use super::{key, remove, set};
use crate::{
	changes::{Change, NewValue, MAX_CHANGES},
	merkle,
	mock::*,
	Entry, Event, Head, Refusal, Sections, Value,
};
use codec::Encode;
use frame_support::assert_ok;
use sp_io::hashing::blake2_256;

const OWNER: u64 = 1;

fn apply(expected: u64, changes: Vec<Change>) -> Result<Head, Refusal> {
	Csc::apply(&OWNER, expected, changes).map(|(head, _)| head)
}

fn text(text: &str) -> Value {
	Value::Inline(text.as_bytes().to_vec().try_into().expect("text fits"))
}

#[test]
fn a_section_is_opened_once_and_is_empty() {
	in_new_chain(|| {
		let (head, used) = Csc::open(&OWNER).expect("is not open");
		assert_eq!(head, Head { version: 0, digest: [0; 32], count: 0, root: merkle::EMPTY });
		assert_eq!((used.items_added, used.bytes_added, used.bytes_removed), (1, 76, 0));
		System::assert_last_event(Event::SectionOpened { owner: OWNER }.into());
		assert_eq!(Csc::open(&OWNER), Err(Refusal::SectionExists));
		assert_eq!(Csc::head(&OWNER), Some(head));
	});
}

#[test]
fn changes_make_a_version_with_its_digest_and_its_root() {
	in_new_chain(|| {
		Csc::open(&OWNER).expect("is not open");
		let changes = vec![set("b", "2"), set("a", "1")];
		let head = apply(0, changes.clone()).expect("changes are right");
		let media_type: crate::MediaType = b"text/plain".to_vec().try_into().expect("type fits");
		let entry = |value| Entry { value: text(value), media_type: media_type.clone(), version: 1, previous: None };
		let leaf = |key: &str, value| merkle::leaf(key.as_bytes(), &blake2_256(&entry(value).encode()));
		let expected = Head {
			version: 1,
			digest: ([0u8; 32], &changes).using_encoded(blake2_256),
			count: 2,
			root: merkle::node(&leaf("a", "1"), &leaf("b", "2")),
		};
		assert_eq!(head, expected);
		assert_eq!(Csc::get(&OWNER, &key("a")), Some(entry("1")));
		System::assert_last_event(Event::SectionChanged { owner: OWNER, head }.into());

		let changes = vec![set("a", "3"), remove("b")];
		let next = apply(1, changes.clone()).expect("changes are right");
		assert_eq!(next.digest, (head.digest, &changes).using_encoded(blake2_256));
		let previous = Some(blake2_256(&entry("1").encode()));
		let replaced = Entry { version: 2, previous, ..entry("3") };
		assert_eq!(Csc::get(&OWNER, &key("a")), Some(replaced.clone()));
		assert_eq!(next.root, merkle::leaf(b"a", &blake2_256(&replaced.encode())));
		assert_eq!(Csc::get(&OWNER, &key("b")), None);
	});
}

#[test]
fn the_root_tells_the_entries_and_not_how_they_came() {
	in_new_chain(|| {
		for owner in [1, 2] {
			Csc::open(&owner).expect("is not open");
		}
		assert_ok!(Csc::apply(&1, 0, vec![set("a", "1"), set("b", "1"), set("c", "1")]));
		assert_ok!(Csc::apply(&2, 0, vec![set("c", "1"), set("b", "1"), set("a", "1")]));
		let [one, two] = [1, 2].map(|owner| Csc::head(&owner).expect("is open"));
		assert_eq!(one.root, two.root);
		assert_ne!(one.digest, two.digest);
	});
}

#[test]
fn a_refused_set_of_changes_leaves_no_trace() {
	in_new_chain(|| {
		assert_eq!(apply(0, vec![set("a", "1")]), Err(Refusal::NoSection));
		Csc::open(&OWNER).expect("is not open");
		let before = apply(0, vec![set("a", "1")]).expect("changes are right");

		let long = "k".repeat(129);
		let large = NewValue::Inline(vec![0; 15 * 1024 + 1]);
		let with =
			|value, media_type: &[u8]| Change::Set { key: b"b".to_vec(), value, media_type: media_type.to_vec() };
		let artifact = NewValue::Artifact { digest: [1; 32], size: 1 };
		for (changes, refusal) in [
			(vec![], Refusal::NoChanges),
			(vec![set("b", ""), set("", "")], Refusal::InvalidKey { change: 1 }),
			(vec![set("B", "")], Refusal::InvalidKey { change: 0 }),
			(vec![set("a b", "")], Refusal::InvalidKey { change: 0 }),
			(vec![remove(&long)], Refusal::InvalidKey { change: 0 }),
			(vec![with(artifact.clone(), b"")], Refusal::InvalidMediaType { change: 0 }),
			(vec![with(artifact.clone(), b"\n")], Refusal::InvalidMediaType { change: 0 }),
			(vec![with(artifact, &[b'a'; 129])], Refusal::InvalidMediaType { change: 0 }),
			(vec![set("c", "1"), with(large, b"a")], Refusal::ValueTooLarge { change: 1 }),
			(vec![set("b", "1"), remove("c")], Refusal::KeyNotFound { change: 1 }),
			(vec![set("b", "1"), remove("b")], Refusal::KeyNotFound { change: 1 }),
			(vec![set("b", "1"), set("b", "2")], Refusal::DuplicateKey { change: 1 }),
			(vec![remove("a"), set("a", "2")], Refusal::DuplicateKey { change: 1 }),
			(vec![set("b", "1"); MAX_CHANGES as usize + 1], Refusal::TooManyChanges),
		] {
			assert_eq!(apply(1, changes), Err(refusal));
			assert_eq!(Csc::head(&OWNER), Some(before));
		}
		for expected in [0, 2] {
			let conflict = Refusal::VersionConflict { expected, actual: 1 };
			assert_eq!(apply(expected, vec![set("b", "1")]), Err(conflict));
		}
	});
}

#[test]
fn a_thousand_keys_are_one_change() {
	in_new_chain(|| {
		Csc::open(&OWNER).expect("is not open");
		let changes: Vec<_> = (0..1_000).map(|number| set(&format!("key/{number}"), "value")).collect();
		let head = apply(0, changes).expect("changes are right");
		assert_eq!((head.version, head.count), (1, 1_000));
		let more = (0..=100).map(|number| set(&format!("more/{number}"), "value")).collect();
		assert_eq!(apply(1, more), Err(Refusal::TooManyKeys));
		let removals = (0..1_000).map(|number| remove(&format!("key/{number}"))).collect();
		assert_eq!(apply(1, removals).map(|head| (head.count, head.root)), Ok((0, merkle::EMPTY)));
	});
}

#[test]
fn storage_is_counted_by_what_it_holds() {
	in_new_chain(|| {
		Csc::open(&OWNER).expect("is not open");
		let used = |expected, changes| Csc::apply(&OWNER, expected, changes).expect("changes are right").1;
		let added = used(0, vec![set("a", "1")]);
		assert_eq!((added.items_added, added.items_removed, added.bytes_removed), (1, 0, 0));
		let grown = used(1, vec![set("a", "12")]);
		// The new entry also says what it replaced: 32 bytes.
		assert_eq!(grown.bytes_added, added.bytes_added + 1 + 32);
		assert_eq!((grown.bytes_removed, grown.items_removed), (added.bytes_added, 1));
		let removed = used(2, vec![remove("a")]);
		assert_eq!((removed.bytes_removed, removed.items_removed), (grown.bytes_added, 1));
		assert_eq!((removed.bytes_added, removed.items_added), (0, 0));
	});
}

#[test]
fn versions_end() {
	in_new_chain(|| {
		Csc::open(&OWNER).expect("is not open");
		Sections::<Test>::mutate(OWNER, |head| *head = Some(Head { version: u64::MAX, ..Default::default() }));
		assert_eq!(apply(u64::MAX, vec![set("a", "1")]), Err(Refusal::VersionOverflow));
	});
}

#[test]
fn a_key_can_stand_for_an_artefact_kept_elsewhere() {
	in_new_chain(|| {
		Csc::open(&OWNER).expect("is not open");
		let value = NewValue::Artifact { digest: [7; 32], size: 1 << 40 };
		let change = Change::Set { key: b"disk".to_vec(), value, media_type: b"application/x-qcow2".to_vec() };
		apply(0, vec![change]).expect("the change is right");
		let entry = Csc::get(&OWNER, &key("disk")).expect("it was set");
		assert_eq!(entry.value, Value::Artifact { digest: [7; 32], size: 1 << 40 });
	});
}
