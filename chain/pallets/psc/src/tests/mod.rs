mod fuzz;
mod housekeeping;
mod roles;
#[cfg(feature = "try-runtime")]
mod state;
mod values;
mod weights;

use crate::{mock::*, MemberCopy, NewBody, NewCopy, NewRoleKey, Refusal};

/// The contract that everything belongs to.
const OWNER: u64 = 1;

/// A public key of a kind and a number.
fn key(kind: u8, number: u8) -> [u8; 32] {
	let mut key = [kind; 32];
	key[0] = number;
	key
}

/// A sealed box of the length that those of keys have.
fn sealed(byte: u8) -> Vec<u8> {
	vec![byte; 80]
}

/// The first key of a member.
fn member_key(member: u64) -> [u8; 32] {
	key(1, member as u8)
}

/// The role's secret key for a member.
fn copy(member: u64) -> MemberCopy<u64> {
	MemberCopy { member, member_key: member_key(member), secret: sealed(member as u8) }
}

/// The role key of an epoch past the first.
fn role_key(epoch: u8) -> NewRoleKey {
	NewRoleKey { public_key: key(2, epoch), previous: Some(sealed(epoch)) }
}

/// A value's copy for the role `readers`.
fn for_readers(epoch: u32) -> NewCopy {
	NewCopy { role: b"readers".to_vec(), epoch, key: sealed(9) }
}

fn body(text: &str) -> NewBody {
	NewBody::Inline(text.as_bytes().to_vec())
}

/// Rotates the role `readers`.
fn rotate(epoch: u32, revoked: &[u64], remaining: &[u64]) -> Result<u32, Refusal> {
	let new_key = role_key(epoch as u8 + 1);
	let copies = remaining.iter().map(|member| copy(*member)).collect();
	Psc::rotate(&OWNER, b"readers".to_vec(), epoch, new_key, revoked.to_vec(), copies).map(|(epoch, _)| epoch)
}

/// A chain on which members 1 to 5 are enrolled, and the role `readers` is given to `members`.
fn with_readers(members: &[u64], test: impl FnOnce()) {
	in_new_chain(|| {
		for member in 1..=5 {
			Psc::enrol(&OWNER, member, member_key(member)).expect("the key is new");
		}
		Psc::create_role(&OWNER, b"readers".to_vec(), key(2, 1)).expect("the role is new");
		for member in members {
			Psc::grant(&OWNER, b"readers".to_vec(), 1, copy(*member)).expect("the member is enrolled");
		}
		test();
	});
}
