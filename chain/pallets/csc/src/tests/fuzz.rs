//! Random sequences of calls leave the storage sound after each of them, and as a plain map would be.

use super::{key, remove, set};
use crate::{
	changes::{decode, Change},
	mock::*,
	Value,
};
use codec::Encode;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use std::collections::BTreeMap;

/// Sequences to try: `FUZZ_SEQUENCES`, or 2,000.
fn sequences() -> u32 {
	std::env::var("FUZZ_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[derive(Clone, Debug)]
enum Step {
	Open { owner: u64 },
	Apply { owner: u64, behind: bool, changes: Vec<(bool, u8, u8)> },
	Bytes { owner: u64, changes: Vec<(bool, u8, u8)>, at: u16, byte: u8 },
	Close { owner: u64, keys: u32 },
}

fn step() -> impl Strategy<Value = Step> {
	let changes = || vec((prop::bool::weighted(0.7), 0u8..12, any::<u8>()), 0..8);
	let owner = 1u64..4;
	prop_oneof![
		1 => owner.clone().prop_map(|owner| Step::Open { owner }),
		6 => (owner.clone(), prop::bool::weighted(0.1), changes())
			.prop_map(|(owner, behind, changes)| Step::Apply { owner, behind, changes }),
		2 => (owner.clone(), changes(), any::<u16>(), any::<u8>())
			.prop_map(|(owner, changes, at, byte)| Step::Bytes { owner, changes, at, byte }),
		1 => (owner, 0u32..16).prop_map(|(owner, keys)| Step::Close { owner, keys }),
	]
}

/// The first of the keys is wrong.
fn name(number: u8) -> String {
	if number == 0 {
		"A".into()
	} else {
		format!("key/{number}")
	}
}

fn changes_of(changes: &[(bool, u8, u8)]) -> Vec<Change> {
	let change = |(sets, number, value): &(bool, u8, u8)| {
		if *sets {
			set(&name(*number), &value.to_string())
		} else {
			remove(&name(*number))
		}
	};
	changes.iter().map(change).collect()
}

type Model = BTreeMap<u64, BTreeMap<String, String>>;

fn run(step: Step, model: &mut Model) {
	match step {
		Step::Open { owner } => {
			assert_eq!(Csc::open(&owner).is_ok(), !model.contains_key(&owner));
			model.entry(owner).or_default();
		}
		Step::Apply { owner, behind, changes } => {
			let last = Csc::head(&owner).map_or(0, |head| head.version);
			let expected = if behind { last.wrapping_sub(1) } else { last };
			if Csc::apply(&owner, expected, changes_of(&changes)).is_ok() {
				assert!(!behind);
				let section = model.get_mut(&owner).expect("only an open section changes");
				for (sets, number, value) in changes {
					if sets {
						section.insert(name(number), value.to_string());
					} else {
						section.remove(&name(number)).expect("only a key that is there is removed");
					}
				}
			}
		}
		Step::Bytes { owner, changes, at, byte } => {
			let mut bytes = changes_of(&changes).encode();
			let at = usize::from(at) % bytes.len();
			bytes[at] = byte;
			if let Ok(changes) = decode(&bytes) {
				// Of the wrong version, so that the model needs not know what the bytes came to mean.
				assert!(Csc::apply(&owner, u64::MAX, changes).is_err());
			}
		}
		Step::Close { owner, keys } => {
			if Csc::close_section(RuntimeOrigin::root(), owner, keys).is_ok() {
				assert!(model.remove(&owner).expect("only an open section is closed").len() <= keys as usize);
			}
		}
	}
}

proptest! {
	#![proptest_config(Config { failure_persistence: None, ..Config::with_cases(sequences()) })]

	#[test]
	fn any_sequence_of_calls_keeps_the_storage_sound(steps in vec(step(), 1..16)) {
		new_chain().execute_with(|| {
			let mut model = Model::new();
			for step in steps {
				run(step, &mut model);
				Csc::check_state().expect("the pallet's storage is sound");
			}
			for (owner, section) in &model {
				assert_eq!(Csc::head(owner).map(|head| head.count as usize), Some(section.len()));
				for (name, text) in section {
					let entry = Csc::get(owner, &key(name)).expect("the key is there");
					assert_eq!(entry.value, Value::Inline(text.clone().into_bytes().try_into().expect("text fits")));
				}
			}
		});
	}
}
