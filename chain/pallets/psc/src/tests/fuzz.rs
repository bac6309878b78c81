//! Random sequences of calls leave the storage sound after each of them; and whoever was revoked holds no key of a later
//! epoch.

use super::*;
use proptest::{collection::vec, prelude::*, test_runner::Config};

/// Sequences to try: `FUZZ_SEQUENCES`, or 2,000.
fn sequences() -> u32 {
	std::env::var("FUZZ_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[derive(Clone, Debug)]
enum Step {
	Enrol { member: u64, number: u8 },
	Create { role: u8, number: u8 },
	Grant { role: u8, late: bool, member: u64, wrong: bool },
	Rotate { role: u8, late: bool, number: u8, revoked: Vec<u64>, extra: Option<u64> },
	Put { name: u8, conflict: bool, roles: Vec<u8>, late: bool },
	Reseal { name: u8, roles: Vec<u8> },
	Remove { name: u8 },
	Clear { items: u32 },
}

fn step() -> impl Strategy<Value = Step> {
	let (member, role, name) = (1u64..7, 0u8..3, 0u8..4);
	let rarely = || prop::bool::weighted(0.1);
	prop_oneof![
		3 => (member.clone(), any::<u8>()).prop_map(|(member, number)| Step::Enrol { member, number }),
		2 => (role.clone(), any::<u8>()).prop_map(|(role, number)| Step::Create { role, number }),
		4 => (role.clone(), rarely(), member.clone(), rarely())
			.prop_map(|(role, late, member, wrong)| Step::Grant { role, late, member, wrong }),
		3 => (role.clone(), rarely(), any::<u8>(), vec(member.clone(), 0..2), prop::option::weighted(0.1, member))
			.prop_map(|(role, late, number, revoked, extra)| Step::Rotate { role, late, number, revoked, extra }),
		3 => (name.clone(), rarely(), vec(role.clone(), 0..3), rarely())
			.prop_map(|(name, conflict, roles, late)| Step::Put { name, conflict, roles, late }),
		1 => (name.clone(), vec(role, 0..3)).prop_map(|(name, roles)| Step::Reseal { name, roles }),
		1 => name.prop_map(|name| Step::Remove { name }),
		1 => (0u32..40).prop_map(|items| Step::Clear { items }),
	]
}

/// The last of the names is wrong.
fn role_name(number: u8) -> Vec<u8> {
	["readers", "writers", "No"][number as usize].into()
}

fn value_name(number: u8) -> Vec<u8> {
	["a", "a/b", "c.d", "E"][number as usize].into()
}

fn epoch_of(role: u8, late: bool) -> u32 {
	let epoch = Psc::role(&OWNER, role_name(role)).map_or(1, |role| role.epoch);
	if late {
		epoch.wrapping_sub(1)
	} else {
		epoch
	}
}

fn enrolled_key(member: u64) -> [u8; 32] {
	crate::Members::<Test>::get(OWNER, member).unwrap_or([0; 32])
}

fn copies(roles: Vec<u8>, late: bool) -> Vec<NewCopy> {
	let copy = |role| NewCopy { role: role_name(role), epoch: epoch_of(role, late), key: sealed(1) };
	roles.into_iter().map(copy).collect()
}

fn version_of(name: u8) -> u32 {
	Psc::value(&OWNER, value_name(name)).map_or(0, |value| value.version)
}

fn run(step: Step) {
	match step {
		Step::Enrol { member, number } => {
			let _ = Psc::enrol(&OWNER, member, key(1, number));
		}
		Step::Create { role, number } => {
			let _ = Psc::create_role(&OWNER, role_name(role), key(2, number));
		}
		Step::Grant { role, late, member, wrong } => {
			let member_key = if wrong { [9; 32] } else { enrolled_key(member) };
			let copy = MemberCopy { member, member_key, secret: sealed(1) };
			let granted = Psc::grant(&OWNER, role_name(role), epoch_of(role, late), copy);
			assert!(granted.is_err() || !(late || wrong));
		}
		Step::Rotate { role, late, number, revoked, extra } => {
			let members = (1u64..7).filter(|member| Psc::grant_of(&OWNER, role_name(role), *member).is_some());
			let remaining: Vec<_> = members.filter(|member| !revoked.contains(member)).chain(extra).collect();
			let copies = remaining
				.iter()
				.map(|member| MemberCopy { member: *member, member_key: enrolled_key(*member), secret: sealed(2) })
				.collect();
			let new_key = NewRoleKey { public_key: key(2, number), previous: Some(sealed(3)) };
			let epoch = epoch_of(role, late);
			if let Ok((next, _)) = Psc::rotate(&OWNER, role_name(role), epoch, new_key, revoked.clone(), copies) {
				assert!(!late && next == epoch + 1);
				for member in revoked {
					assert_eq!(Psc::grant_of(&OWNER, role_name(role), member), None);
				}
				for member in remaining {
					let grant = Psc::grant_of(&OWNER, role_name(role), member);
					assert!(grant.is_some_and(|grant| grant.epoch == next));
				}
			}
		}
		Step::Put { name, conflict, roles, late } => {
			let (before, copies) = (version_of(name), copies(roles, late));
			let expected = if conflict { before.wrapping_add(1) } else { before };
			if let Ok((version, _)) = Psc::put(&OWNER, value_name(name), expected, body("text"), copies) {
				assert!(!conflict && !late && version > before);
			}
		}
		Step::Reseal { name, roles } => {
			let before = Psc::value(&OWNER, value_name(name));
			if Psc::reseal(&OWNER, value_name(name), version_of(name), copies(roles, false)).is_ok() {
				let after = Psc::value(&OWNER, value_name(name)).map(|value| value.body);
				assert_eq!(before.map(|value| value.body), after);
			}
		}
		Step::Remove { name } => {
			let _ = Psc::remove(&OWNER, value_name(name), version_of(name));
		}
		Step::Clear { items } => {
			// A call that fails is undone as a whole, which here has to be asked for.
			let _ = frame_support::storage::with_storage_layer(|| Psc::clear(RuntimeOrigin::root(), OWNER, items));
		}
	}
}

proptest! {
	#![proptest_config(Config { failure_persistence: None, ..Config::with_cases(sequences()) })]

	#[test]
	fn any_sequence_of_calls_keeps_the_storage_sound(steps in vec(step(), 1..32)) {
		new_chain().execute_with(|| {
			for step in steps {
				run(step);
				Psc::check_state().expect("the pallet's storage is sound");
			}
		});
	}
}
