//! Members, roles and their keys. Nothing is written before everything is checked.

use crate::{
	input::{role_name, sealed, MemberCopy, NewRoleKey},
	types::{Epoch, Grant, PublicKey, Refusal, Role, RoleKey, RoleName, StorageUse},
	Config, Event, Grants, Members, Pallet, RoleKeys, Roles, UsedKeys,
};
use alloc::{collections::btree_set::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::{ensure, traits::Get};

/// A grant that was checked, and whether the member has one already.
struct CheckedCopy<AccountId> {
	member: AccountId,
	grant: Grant,
}

impl<T: Config> Pallet<T> {
	/// Enters a member with its key, or changes its key.
	///
	/// Fails with `KeyReused`.
	pub fn enrol(owner: &T::AccountId, member: T::AccountId, public_key: PublicKey) -> Result<StorageUse, Refusal> {
		let mut used = StorageUse::default();
		let before = Members::<T>::get(owner, &member);
		if before == Some(public_key) {
			return Ok(used);
		}
		Self::use_key(owner, &public_key, &mut used)?;
		if before.is_none() {
			used.add(&member, &public_key);
		}
		Members::<T>::insert(owner, &member, public_key);
		Self::deposit_event(Event::MemberEnrolled { owner: owner.clone(), member, public_key });
		Ok(used)
	}

	/// Begins a role in epoch 1, without members.
	///
	/// Fails with `InvalidName`, `RoleExists` or `KeyReused`.
	pub fn create_role(owner: &T::AccountId, name: Vec<u8>, public_key: PublicKey) -> Result<StorageUse, Refusal> {
		let name = role_name(name)?;
		ensure!(!Roles::<T>::contains_key(owner, &name), Refusal::RoleExists);
		let mut used = StorageUse::default();
		Self::use_key(owner, &public_key, &mut used)?;
		let role = Role { epoch: 1, public_key, members: 0 };
		used.add(&name, &role);
		Roles::<T>::insert(owner, &name, role);
		Self::store_key(owner, &name, 1, RoleKey { public_key, previous: None }, &mut used);
		Self::deposit_event(Event::RoleCreated { owner: owner.clone(), role: name, public_key });
		Ok(used)
	}

	/// Gives a member the role's secret key of this epoch. A member that changed its own key is given it anew.
	///
	/// Fails with `InvalidName`, `NoRole`, `StaleEpoch`, `NotEnrolled`, `WrongMemberKey`, `InvalidSealed`,
	/// `AlreadyMember` or `TooManyMembers`.
	pub fn grant(
		owner: &T::AccountId,
		name: Vec<u8>,
		epoch: Epoch,
		copy: MemberCopy<T::AccountId>,
	) -> Result<StorageUse, Refusal> {
		let name = role_name(name)?;
		let role = Self::role_in(owner, &name, epoch)?;
		let CheckedCopy { member, grant } = Self::check_copy(owner, epoch, copy)?;
		let key = (name.clone(), member.clone());
		let before = Grants::<T>::get(owner, &key);
		let known = before.as_ref().map(|grant| grant.member_key);
		ensure!(known != Some(grant.member_key), Refusal::AlreadyMember);

		let mut used = StorageUse::default();
		match before {
			Some(before) => used.remove(&key, &before),
			None => {
				ensure!(role.members < T::MaxMembers::get(), Refusal::TooManyMembers);
				Roles::<T>::insert(owner, &name, Role { members: role.members.saturating_add(1), ..role });
			}
		}
		used.add(&key, &grant);
		Grants::<T>::insert(owner, key, grant);
		Self::deposit_event(Event::RoleGranted { owner: owner.clone(), role: name, epoch, member });
		Ok(used)
	}

	/// Begins the role's next epoch with a new key, and leaves the `revoked` out. `epoch` is the one that ends. `copies`
	/// are those of exactly the members that remain.
	///
	/// Returns the new epoch. Fails with `InvalidName`, `NoRole`, `StaleEpoch`, `PreviousMissing`, `InvalidSealed`,
	/// `NotAMember`, `CopiesDontMatch`, `NotEnrolled`, `WrongMemberKey`, `Overflow` or `KeyReused`.
	pub fn rotate(
		owner: &T::AccountId,
		name: Vec<u8>,
		epoch: Epoch,
		new_key: NewRoleKey,
		revoked: Vec<T::AccountId>,
		copies: Vec<MemberCopy<T::AccountId>>,
	) -> Result<(Epoch, StorageUse), Refusal> {
		let name = role_name(name)?;
		let role = Self::role_in(owner, &name, epoch)?;
		let next = epoch.checked_add(1).ok_or(Refusal::Overflow)?;
		let new_key = new_key.check()?;
		let together = revoked.len().checked_add(copies.len());
		ensure!(together == usize::try_from(role.members).ok(), Refusal::CopiesDontMatch);

		// So many accounts, all different and all members, are all of the members.
		let mut used = StorageUse::default();
		let mut seen = BTreeSet::new();
		let mut left = |member: &T::AccountId| {
			ensure!(seen.insert(member.encode()), Refusal::CopiesDontMatch);
			let key = (name.clone(), member.clone());
			let grant = Grants::<T>::get(owner, &key).ok_or(Refusal::NotAMember)?;
			used.remove(&key, &grant);
			Ok(key)
		};
		let gone = revoked.iter().map(&mut left).collect::<Result<Vec<_>, _>>()?;
		let mut grants = Vec::with_capacity(copies.len());
		for copy in copies {
			let key = left(&copy.member)?;
			grants.push((key, Self::check_copy(owner, next, copy)?.grant));
		}
		Self::use_key(owner, &new_key.public_key, &mut used)?;

		let [members, revoked] = [grants.len(), gone.len()].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
		for key in gone {
			Grants::<T>::remove(owner, key);
		}
		for (key, grant) in grants {
			used.add(&key, &grant);
			Grants::<T>::insert(owner, key, grant);
		}
		Roles::<T>::insert(owner, &name, Role { epoch: next, public_key: new_key.public_key, members });
		Self::store_key(owner, &name, next, new_key, &mut used);
		Self::deposit_event(Event::RoleRotated { owner: owner.clone(), role: name, epoch: next, members, revoked });
		Ok((next, used))
	}

	/// Where a role stands.
	pub fn role(owner: &T::AccountId, name: Vec<u8>) -> Option<Role> {
		Roles::<T>::get(owner, role_name(name).ok()?)
	}

	/// What a member holds of a role.
	pub fn grant_of(owner: &T::AccountId, name: Vec<u8>, member: T::AccountId) -> Option<Grant> {
		Grants::<T>::get(owner, (role_name(name).ok()?, member))
	}

	/// The role, if its epoch is this one.
	pub(crate) fn role_in(owner: &T::AccountId, name: &RoleName, epoch: Epoch) -> Result<Role, Refusal> {
		let role = Roles::<T>::get(owner, name).ok_or(Refusal::NoRole)?;
		ensure!(role.epoch == epoch, Refusal::StaleEpoch);
		Ok(role)
	}

	fn check_copy(
		owner: &T::AccountId,
		epoch: Epoch,
		copy: MemberCopy<T::AccountId>,
	) -> Result<CheckedCopy<T::AccountId>, Refusal> {
		let MemberCopy { member, member_key, secret } = copy;
		let enrolled = Members::<T>::get(owner, &member).ok_or(Refusal::NotEnrolled)?;
		ensure!(enrolled == member_key, Refusal::WrongMemberKey);
		Ok(CheckedCopy { member, grant: Grant { epoch, member_key, secret: sealed(secret)? } })
	}

	/// Notes a public key as used. It is the last check before anything else is written.
	fn use_key(owner: &T::AccountId, public_key: &PublicKey, used: &mut StorageUse) -> Result<(), Refusal> {
		ensure!(!UsedKeys::<T>::contains_key(owner, public_key), Refusal::KeyReused);
		UsedKeys::<T>::insert(owner, public_key, ());
		used.add(public_key, &());
		Ok(())
	}

	fn store_key(owner: &T::AccountId, name: &RoleName, epoch: Epoch, key: RoleKey, used: &mut StorageUse) {
		let place = (name.clone(), epoch);
		used.add(&place, &key);
		RoleKeys::<T>::insert(owner, place, key);
	}
}
