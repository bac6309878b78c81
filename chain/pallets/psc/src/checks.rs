//! What must hold of the storage between blocks.

use crate::{
	names, Config, Grants, LastVersions, Members, Pallet, RoleKeys, Roles, UsedKeys, Values, MIN_SEALED_BYTES,
};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks what must hold of the storage between blocks.
	pub fn check_state() -> Result<(), TryRuntimeError> {
		let mut keys = Self::check_members()?;
		for (owner, name, role) in Roles::<T>::iter() {
			ensure!(names::is_label(&name), "a role's name is not a label");
			ensure!(role.epoch > 0 && role.members <= T::MaxMembers::get(), "a role is out of bounds");
			let newest = RoleKeys::<T>::get(&owner, (&name, role.epoch)).ok_or("a role's key is missing")?;
			ensure!(newest.public_key == role.public_key, "a role's key is not its newest");
			let grants = Grants::<T>::iter_prefix(&owner).filter(|((role, _), _)| *role == name);
			ensure!(grants.count() == role.members as usize, "a role's members differ from its grants");
			keys += u64::from(role.epoch);
		}
		let stored = RoleKeys::<T>::iter().try_fold(0u64, |count, (owner, (name, epoch), key)| {
			let role = Roles::<T>::get(&owner, &name).ok_or("a key is of no role")?;
			ensure!((1..=role.epoch).contains(&epoch), "a key is of no epoch");
			ensure!(key.previous.is_none() == (epoch == 1), "a key doesn't lead to the one before");
			ensure!(UsedKeys::<T>::contains_key(&owner, key.public_key), "a role's key isn't noted");
			Ok::<_, TryRuntimeError>(count + 1)
		})?;
		ensure!(stored + Members::<T>::iter().count() as u64 == keys, "the chain of a role's keys has gaps");
		Self::check_grants()?;
		Self::check_values()
	}

	/// Returns how many members there are.
	fn check_members() -> Result<u64, TryRuntimeError> {
		for (owner, _, key) in Members::<T>::iter() {
			ensure!(UsedKeys::<T>::contains_key(&owner, key), "a member's key isn't noted");
		}
		Ok(Members::<T>::iter().count() as u64)
	}

	fn check_grants() -> Result<(), TryRuntimeError> {
		for (owner, (name, member), grant) in Grants::<T>::iter() {
			let role = Roles::<T>::get(&owner, &name).ok_or("a grant is of no role")?;
			ensure!(grant.epoch == role.epoch, "a grant is of another epoch than its role");
			ensure!(Members::<T>::contains_key(&owner, &member), "a grant is of no member");
			ensure!(UsedKeys::<T>::contains_key(&owner, grant.member_key), "a grant is sealed to an unknown key");
			ensure!(grant.secret.len() >= MIN_SEALED_BYTES as usize, "a grant is not sealed");
		}
		Ok(())
	}

	fn check_values() -> Result<(), TryRuntimeError> {
		for (owner, name, value) in Values::<T>::iter() {
			ensure!(names::is_path(&name), "a value's name is not a path");
			ensure!(value.version > 0 && !value.copies.is_empty(), "a value is out of bounds");
			ensure!(!LastVersions::<T>::contains_key(&owner, &name), "a value was removed and is there");
			for copy in &value.copies {
				let role = Roles::<T>::get(&owner, &copy.role).ok_or("a value is sealed to no role")?;
				ensure!((1..=role.epoch).contains(&copy.epoch), "a value is sealed to no epoch");
				let copies = value.copies.iter().filter(|other| other.role == copy.role).count();
				ensure!(copies == 1, "a value has two copies for a role");
			}
		}
		Ok(())
	}
}
