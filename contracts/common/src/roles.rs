//! A contract is administered by accounts in the role of an admin, of which one always remains.

use crate::Refusal;
use ink::{
    env::{emit_event, DefaultEnvironment},
    primitives::AccountId,
    storage::Mapping,
};

/// What an account may do in a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Role {
    /// Does what the contract is there for.
    Operator,
    /// Does that too, gives and takes roles, and replaces the contract's code.
    Admin,
}

/// An account was given a role, in place of the one it had.
#[ink::event]
pub struct RoleGranted {
    #[ink(topic)]
    pub account: AccountId,
    pub role: Role,
    pub by: AccountId,
}

/// An account lost its role.
#[ink::event]
pub struct RoleRevoked {
    #[ink(topic)]
    pub account: AccountId,
    pub by: AccountId,
}

/// Who has which role in a contract.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Roles {
    admin_count: u32,
    members: Mapping<AccountId, Role>,
}

impl Roles {
    /// The roles of a new contract: its maker is admin.
    pub fn new(maker: AccountId) -> Self {
        let mut roles = Self { admin_count: 1, ..Self::default() };
        roles.members.insert(maker, &Role::Admin);
        emit_event::<DefaultEnvironment, _>(RoleGranted { account: maker, role: Role::Admin, by: maker });
        roles
    }

    /// The role of an account.
    pub fn of(&self, account: AccountId) -> Option<Role> {
        self.members.get(account)
    }

    /// Fails with `NotAuthorized` unless the account is an admin.
    pub fn ensure_admin(&self, account: AccountId) -> Result<(), Refusal> {
        match self.of(account) {
            Some(Role::Admin) => Ok(()),
            _ => Err(Refusal::NotAuthorized),
        }
    }

    /// Fails with `NotAuthorized` unless the account is an operator or an admin.
    pub fn ensure_operator(&self, account: AccountId) -> Result<(), Refusal> {
        self.of(account).map(|_| ()).ok_or(Refusal::NotAuthorized)
    }

    /// Gives an account a role, in place of the one it has, and announces it. `by` must be an admin.
    ///
    /// Fails with `NotAuthorized` or `LastAdmin`.
    pub fn grant(&mut self, by: AccountId, account: AccountId, role: Role) -> Result<(), Refusal> {
        self.ensure_admin(by)?;
        self.count_admins(self.of(account) == Some(Role::Admin), role == Role::Admin)?;
        self.members.insert(account, &role);
        emit_event::<DefaultEnvironment, _>(RoleGranted { account, role, by });
        Ok(())
    }

    /// Takes an account's role, and announces it. `by` must be an admin, and one admin must remain.
    ///
    /// Fails with `NotAuthorized`, `NoRole` or `LastAdmin`.
    pub fn revoke(&mut self, by: AccountId, account: AccountId) -> Result<(), Refusal> {
        self.ensure_admin(by)?;
        let role = self.of(account).ok_or(Refusal::NoRole)?;
        self.count_admins(role == Role::Admin, false)?;
        self.members.remove(account);
        emit_event::<DefaultEnvironment, _>(RoleRevoked { account, by });
        Ok(())
    }

    fn count_admins(&mut self, was: bool, becomes: bool) -> Result<(), Refusal> {
        self.admin_count = admins_after(self.admin_count, was, becomes).ok_or(Refusal::LastAdmin)?;
        Ok(())
    }
}

/// How many admins there are after one account's role changed; `None` when none would be left.
fn admins_after(admins: u32, was: bool, becomes: bool) -> Option<u32> {
    let after = match (was, becomes) {
        (false, true) => admins.checked_add(1)?,
        (true, false) => admins.checked_sub(1)?,
        _ => admins,
    };
    (after > 0).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::env::test;

    #[test]
    fn one_admin_always_remains() {
        assert_eq!(admins_after(1, true, false), None);
        assert_eq!(admins_after(2, true, false), Some(1));
        assert_eq!(admins_after(1, false, true), Some(2));
        assert_eq!(admins_after(1, false, false), Some(1));
        assert_eq!(admins_after(1, true, true), Some(1));
        assert_eq!(admins_after(u32::MAX, false, true), None);
    }

    #[ink::test]
    fn admins_give_and_take_roles_and_the_last_one_stays() {
        let accounts = test::default_accounts::<DefaultEnvironment>();
        let (alice, bob, eve) = (accounts.alice, accounts.bob, accounts.eve);
        let mut roles = Roles::new(alice);
        assert_eq!(roles.revoke(alice, alice), Err(Refusal::LastAdmin));
        assert_eq!(roles.grant(alice, alice, Role::Operator), Err(Refusal::LastAdmin));
        assert_eq!(roles.grant(bob, bob, Role::Admin), Err(Refusal::NotAuthorized));
        assert_eq!(roles.ensure_operator(bob), Err(Refusal::NotAuthorized));

        assert_eq!(roles.grant(alice, bob, Role::Operator), Ok(()));
        assert_eq!(roles.ensure_operator(bob), Ok(()));
        assert_eq!(roles.ensure_admin(bob), Err(Refusal::NotAuthorized));
        assert_eq!(roles.grant(bob, eve, Role::Operator), Err(Refusal::NotAuthorized));
        assert_eq!(roles.revoke(alice, eve), Err(Refusal::NoRole));

        assert_eq!(roles.grant(alice, bob, Role::Admin), Ok(()));
        assert_eq!(roles.revoke(bob, alice), Ok(()));
        assert_eq!(roles.of(alice), None);
        assert_eq!(roles.revoke(bob, bob), Err(Refusal::LastAdmin));
    }
}
